/** What the prober of URLs makes of HTTP answers, through a gateway. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import { badStatus, failure, success } from "../fakes/probe-outcomes.ts";
import { answer, type Behaviour, say, sayAndWait, startProbeServer } from "../fakes/probe-server.ts";
import { MARK, openWorld, outcomesOf, TARGET, TIMEOUT } from "./probe-through.fixture.ts";

setDefaultTimeout(60_000);

let lab: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => void (lab = await openWorld()));
afterAll(() => lab[Symbol.asyncDispose]());

const TIMED_OUT = failure("timeout", `timeout after ${TIMEOUT}ms`);

describe("an HTTP answer through a gateway", () => {
  const urlAt = (port: number, more: object = {}) =>
    ({ kind: "url", url: `http://${TARGET}:${port}/`, timeout: TIMEOUT, ...more }) as const;
  const outcomeAt = async (behaviour: Behaviour, more?: object) => {
    await using server = await startProbeServer(behaviour, {
      address: TARGET,
      enter: (action) => lab.world.enter(action),
    });
    const [outcome] = await outcomesOf(lab.router, [{ settings: urlAt(server.port, more), mark: MARK.first }]);
    return outcome!;
  };

  test.each([200, 204, 301, 399])("with status %d is a success", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(success(status));
  });

  test.each([400, 404, 503])("with status %d is a failure", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(badStatus(status));
  });

  test("is judged by the list of statuses where there is one", async () => {
    expect(await outcomeAt(answer(204), { statuses: [204] })).toEqual(success(204));
    expect(await outcomeAt(answer(200), { statuses: [204] })).toEqual(badStatus(200));
  });

  test.each([
    ["an SSH banner", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a page without a header", "<!doctype html><title>hello</title>"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["two lengths that differ", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"],
    ["an upgrade that was not requested", "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"],
    ["a header of 200 KiB", `HTTP/1.1 200 OK\r\nx: ${"x".repeat(204_800)}\r\n\r\n`],
  ])("that is %s is malformed", async (_, text) => {
    expect(await outcomeAt(sayAndWait(text))).toEqual(failure("malformed", "the answer is not HTTP"));
  });

  const text = "needle";
  const missing = { ...failure("content", "status 200 without the expected text"), status: 200 };
  const body = (content: string, more = "") =>
    `HTTP/1.1 200 OK\r\n${more}content-length: ${content.length}\r\n\r\n${content}`;

  test.each<[string, Behaviour, object]>([
    ["with the text", say(body(`hay ${text} hay`)), success(200)],
    ["without it", say(body("hay")), missing],
    ["without a body", answer(200), missing],
    [
      "with the text across two chunks",
      say("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nnee\r\n3\r\ndle\r\n0\r\n\r\n"),
      success(200),
    ],
    ["with the text, behind a redirect status", say(body(text).replace("200 OK", "302 Found")), success(302)],
    [
      "without the text, behind a redirect",
      say(body("hay", "location: /login\r\n").replace("200 OK", "302 Found")),
      {
        ...failure(
          "content",
          "status 302 to /login without the expected text: redirects are not followed; give the URL of its target",
        ),
        status: 302,
      },
    ],
    ["with the text, behind a bad status", say(body(text).replace("200 OK", "503 No")), badStatus(503)],
    ["with the text, without end", sayAndWait(`HTTP/1.1 200 OK\r\n\r\n${text}`), success(200)],
    ["with the text as its last bytes of 64 KiB", say(body(`${"x".repeat(65_530)}${text}`)), success(200)],
    ["with the text after 64 KiB", say(body(`${"x".repeat(65_531)}${text}`)), missing],
    [
      "cut short before the text",
      say("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel"),
      failure("reset", "connection reset or closed"),
    ],
    ["silent before the text", sayAndWait("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel"), TIMED_OUT],
  ])("whose expected text is searched in a body %s", async (_, behaviour, outcome) => {
    expect(await outcomeAt(behaviour, { text })).toEqual(outcome);
  });

  test("is searched for a text beyond ASCII in UTF-8, also where a character is cut in two", async () => {
    const chunks = ["Gr\xc3", "\xbc\xc3\x9fe"].map((bytes) => `${bytes.length}\r\n${bytes}\r\n`).join(""); // say sends latin1
    const behaviour = say(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    expect(await outcomeAt(behaviour, { text: "Grüße" })).toEqual(success(200));
  });
});
