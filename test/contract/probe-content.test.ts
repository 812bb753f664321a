import { describe, expect, test } from "bun:test";

import { probeInChild } from "../fakes/probe-child.ts";
import { badStatus, failure, outcomeOf, success } from "../fakes/probe-outcomes.ts";
import { type Behaviour, pour, say, sayAndWait, startProbeServer } from "../fakes/probe-server.ts";
import { closing, MIB, outcomeAt, probe, target } from "./probe.fixture.ts";

describe("a probe of a server that does not answer with HTTP", () => {
  test.each([
    ["an SSH banner", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["random bytes", Array.from({ length: 256 }, (_, byte) => String.fromCharCode(255 - byte)).join("")],
    ["a page without a response header", "<!doctype html><title>hello</title>"],
    ["a status that is not a number", "HTTP/1.1 abc OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["a body of negative length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"],
    ["two lengths that differ", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"],
    ["an unknown transfer encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding: nonsense\r\n\r\n"],
  ])("reports %s as malformed", async (_, text) => {
    expect(await outcomeAt(sayAndWait(text))).toEqual(failure("malformed", "the answer is not HTTP"));
  });

  test("reports an upgrade that it did not request as malformed", async () => {
    const upgrade = "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    expect(await outcomeAt(sayAndWait(upgrade))).toMatchObject({ kind: "failure", code: "malformed" });
  });

  test.each([
    ["one endless header", pour("HTTP/1.1 200 OK\r\nx: ", "x".repeat(65_536))],
    ["header fields without end", pour("HTTP/1.1 200 OK\r\n", `x: ${"y".repeat(60)}\r\n`.repeat(1000))],
    ["a response header of 2 MiB", say(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(2 * MIB)}\r\ncontent-length: 0\r\n\r\n`)],
  ])("stops reading %s early, with bounded memory", async (_, behaviour) => {
    await using server = await startProbeServer(behaviour);
    const before = process.memoryUsage.rss();
    expect(outcomeOf(await probe(server))).toMatchObject({ kind: "failure", code: "malformed" });
    await closing(server);
    expect(server.visits[0]!.sent).toBeLessThan(64 * MIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
  });
});

describe("a probe of a server with an unusual body", () => {
  const chunk = "x".repeat(65_536);

  test.each<[string, Behaviour]>([
    ["without end", pour("HTTP/1.1 200 OK\r\n\r\n", chunk)],
    ["without end, in chunks", pour("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", `10000\r\n${chunk}\r\n`)],
    [
      "with a huge declared length that is sent",
      pour("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n", chunk),
    ],
    [
      "with a huge declared length that is never sent",
      sayAndWait("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n"),
    ],
    [
      "declared as compressed, without end and invalid",
      pour("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", chunk),
    ],
  ])("is healthy at once and closes the connection: a body %s", async (_, behaviour) => {
    await using server = await startProbeServer(behaviour);
    const before = process.memoryUsage.rss();
    expect(outcomeOf(await probe(server))).toEqual(success(200));
    await closing(server);
    expect(server.visits[0]!.sent).toBeLessThan(64 * MIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
  });

  test.each([
    ["that is cut short", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel"],
    ["with invalid chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n"],
    [
      "that is declared as gzip and is not",
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\ngarbage",
    ],
  ])("is healthy: a body %s", async (_, text) => {
    expect(await outcomeAt(say(text))).toEqual(success(200));
  });

  test("closes the connection also after a status that is a failure", async () => {
    await using server = await startProbeServer(pour("HTTP/1.1 503 No\r\n\r\n", chunk));
    expect(outcomeOf(await probe(server))).toEqual(badStatus(503));
    await closing(server);
  });

  test("leaves nothing that throws later or prevents the process from ending", async () => {
    await using server = await startProbeServer(pour("HTTP/1.1 200 OK\r\n\r\n", chunk));
    const results = await probeInChild(Array.from({ length: 5 }, () => target(server, { timeout: 300 })));
    expect(results.map(outcomeOf)).toEqual(Array(5).fill(success(200)));
  });
});
