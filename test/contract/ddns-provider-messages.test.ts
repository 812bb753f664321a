import { describe, expect, test } from "bun:test";

import { FakeDynu, type Fault } from "../fakes/dynu.ts";
import { endsOf, failureOf, patient, PROVIDERS, textOf } from "./ddns-provider.fixture.ts";

const KEYS = [
  ["a plain key", "4fX9aQ27cVbN81mZtE63"],
  ["a key that JSON has to escape", 'K3y+zq8T/w=v5Xp\\Lm4Rj"'],
] as const;

const asJson = (status: number, body: string): Fault => {
  return { kind: "http", status, body, contentType: "application/json" };
};

describe.each(PROVIDERS)("%s: messages", (_, provider) => {
  const { open, steps } = provider;
  const all = <T>(end: T) => steps.map((step) => ({ ...step, end }));

  describe.each(KEYS)("never hold %s", (__, key) => {
    /** The parts of the key in the errors, step by step. A part of five letters is no coincidence. */
    const partsShownBy = (fault: Fault) =>
      endsOf({ steps, open: () => open({ key }) }, fault, (error) => partsIn(textOf(error)));
    const partsIn = (text: string): string[] =>
      Array.from({ length: key.length - 4 }, (_part, start) => key.slice(start, start + 5)).filter((part) =>
        text.includes(part),
      );

    test.each([
      ["flat", { statusCode: 401, type: "Authentication Exception", message: `Bad key ${key}.` }],
      ["nested", { exception: { statusCode: 501, type: `${key} Exception`, message: key } }],
      ["where a long message is cut", { statusCode: 401, type: "New", message: `${"x".repeat(115)}${key}` }],
    ])("that a server echoes, %s, as it is or in escapes", async (___, fields) => {
      const body = JSON.stringify(fields);
      expect(await partsShownBy(asJson(401, body))).toEqual(all([]));
      expect(await partsShownBy(asJson(401, escapeAll(body, key)))).toEqual(all([]));
    });

    test.each([
      ["in garbage", `what is ${key}?`],
      ["as all there is", key],
      ["where garbage is cut", `${"x".repeat(115)}${key}`],
      ["in half a JSON object", `{"key":${JSON.stringify(key)}`],
    ])("that a server echoes %s", async (___, body) => {
      expect(await partsShownBy({ kind: "garbage", body })).toEqual(all([]));
    });

    test("that a server puts into a record", async () => {
      using bench = open({ key });
      const record = { id: key, hostname: bench.fake.hostname, recordType: "A", ipv4Address: key, content: key };
      bench.fake.fail(asJson(200, JSON.stringify({ dnsRecords: [record] })), { call: "list" });
      expect(partsIn(textOf(await failureOf(bench.provider.list(patient))))).toEqual([]);
    });
  });

  test("never hold a key that cannot even be sent", async () => {
    using bench = open({ key: "first-half\nsecond-half" });
    const text = textOf(await failureOf(bench.provider.list(patient)));
    expect(text).not.toMatch(/first-half|second-half/);
  });

  test("hold no control characters and no long texts of a server", async () => {
    const evil = `\u001b[2J\r\n\u0000\u0085\u2028${"x".repeat(100_000)}`;
    const objects = [
      { statusCode: 501, type: evil, message: evil },
      { exception: { statusCode: 401, type: "New", message: evil } },
      { statusCode: 501, type: "Argument Exception", message: `${"x".repeat(118)}${evil}` },
    ];
    for (const body of [...objects.map((fields) => JSON.stringify(fields)), evil, JSON.stringify(evil)]) {
      for (const status of [200, 400, 500]) {
        const ends = await endsOf(provider, asJson(status, body), ({ message }) => ({
          isClean: !/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(message),
          isShort: message.length < 800,
        }));
        expect(ends).toEqual(all({ isClean: true, isShort: true }));
      }
    }
  });

  test("quote the provider's own error", async () => {
    const words = { statusCode: 401, type: "Authentication Exception", message: "Failed." };
    for (const fields of [words, { exception: words }]) {
      const ends = await endsOf(provider, asJson(401, JSON.stringify(fields)), ({ message }) =>
        ["401", "Authentication Exception", "Failed."].filter((word) => !message.includes(word)),
      );
      expect(ends).toEqual(all([]));
    }
  });

  test.each([301, 302, 303, 307, 308])("have the status of a redirect (%d), which is not followed", async (status) => {
    const elsewhere = new FakeDynu();
    const { port, close } = elsewhere.listen({ hostname: "127.0.0.1", port: 0 });
    const headers = { location: `http://127.0.0.1:${port}/v2/dns/getroot/${elsewhere.hostname}` };
    const ends = await endsOf(provider, { kind: "http", status, headers }, ({ message }) => message);
    close();
    const reason = `HTTP status ${status} to ${headers.location}: redirects are not followed, since that would take the key`;
    expect(ends).toEqual(all(expect.stringContaining(reason)));
    expect(elsewhere.requests).toEqual([]);
  });

  test.each([
    ["https://portal.invalid/login?id=1", "to https://portal.invalid/login?...: ", "no portal or proxy answers"],
    ["/v3/dns", "to /v3/dns: ", "check -ddns-api-url where it is set"],
  ])("of a redirect to %s name the target and what to do", async (location, target, remedy) => {
    const ends = await endsOf(provider, { kind: "http", status: 302, headers: { location } }, ({ message }) => message);
    expect(ends).toEqual(all(expect.stringMatching(new RegExp(`${target.replaceAll(/[?.]/g, "\\$&")}.*${remedy}`))));
  });
});

/** A JSON text in which every letter of a part is an escape, which means the same. */
function escapeAll(json: string, part: string): string {
  const escapes = [...part].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return json.replaceAll(JSON.stringify(part).slice(1, -1), () => escapes.join(""));
}
