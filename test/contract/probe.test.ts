import { describe, expect, test } from "bun:test";

import { httpProbe } from "../../src/probe/http.ts";
import { badStatus, detailOf, failure, outcomeOf, success } from "../fakes/probe-outcomes.ts";
import {
  answer,
  type Behaviour,
  closedPort,
  drip,
  hang,
  onRequest,
  pour,
  say,
  sayAndWait,
  startProbeServer,
} from "../fakes/probe-server.ts";
import { closing, outcomeAt, probe, target } from "./probe.fixture.ts";

describe("a probe decides by the status alone", () => {
  test.each([200, 201, 204, 206, 299])("status %d is healthy", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(success(status));
  });

  test.each([300, 301, 302, 304, 307, 400, 401, 404, 429, 500, 503, 599])("status %d is a failure", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(badStatus(status));
  });

  test("the final response after an interim response (1xx) counts", async () => {
    const head = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    expect(await outcomeAt(say(`${head}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`))).toEqual(success(200));
    expect(await outcomeAt(say(`${head}HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n`))).toEqual(badStatus(503));
  });

  test("a response in HTTP/1.0, or without a reason phrase, is healthy", async () => {
    expect(await outcomeAt(say("HTTP/1.0 200 OK\r\n\r\n"))).toEqual(success(200));
    expect(await outcomeAt(say("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n"))).toEqual(success(200));
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%d) to a healthy page is not followed", async (status) => {
    await using healthy = await startProbeServer(answer(200));
    const target = `http://127.0.0.1:${healthy.port}/`;
    expect(await outcomeAt(answer(status, `location: ${target}\r\n`))).toMatchObject({
      ...badStatus(status),
      detail: `status ${status} to ${target}: redirects are not followed; probe that port`,
    });
    expect(healthy.visits).toEqual([]);
  });

  test.each([
    ["/login", "to /login: redirects are not followed; probe that path"],
    ["https://127.0.0.1/", "to https://127.0.0.1/: redirects are not followed; probe with that scheme and port"],
    [
      "http://portal.invalid/in?id=1",
      "to http://portal.invalid/in?...: redirects are not followed; that is another host: probe a path that the gateway answers itself",
    ],
    ["/", "to /: redirects are not followed; it leads to itself: probe another path"],
    ["http://[", 'to "http://[": redirects are not followed; probe another path'],
  ])("the reason of a redirect to %s says where it leads and what to do", async (location, reason) => {
    expect(await outcomeAt(answer(302, `location: ${location}\r\n`))).toMatchObject({ detail: `status 302 ${reason}` });
  });
});

describe("the request of a probe", () => {
  test("is a GET of path and query with Host and Connection: close", async () => {
    await using server = await startProbeServer(answer(200));
    await probe(server, { path: "/health?deep=1" });
    const [line, ...fields] = server.visits[0]!.request.trimEnd().toLowerCase().split("\r\n");
    expect(line).toBe("get /health?deep=1 http/1.1");
    expect(fields).toContain(`host: 127.0.0.1:${server.port}`);
    expect(fields).toContain("connection: close");
  });

  test("uses a new connection each time, also when the server keeps the previous one open", async () => {
    await using server = await startProbeServer(
      sayAndWait("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n"),
    );
    for (let round = 0; round < 5; round++) expect(outcomeOf(await probe(server))).toEqual(success(200));
    expect(server.visits.map(({ request }) => request.split("GET ").length - 1)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("the timeout of a probe", () => {
  test("ends a probe of a gateway that accepts the connection and never answers", async () => {
    await using server = await startProbeServer(hang);
    const result = await probe(server, { timeout: 300 });
    expect(outcomeOf(result)).toEqual(failure("timeout", "timeout after 300ms"));
    expect(result.seconds).toBeGreaterThanOrEqual(0.299);
  });

  test("closes the connection", async () => {
    await using server = await startProbeServer(hang);
    await probe(server, { timeout: 50 });
    await closing(server);
  });

  test.each([
    ["a response header that arrives too slowly", drip(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(500)}\r\n`, 10)],
    ["an incomplete response header", sayAndWait("HTTP/1.1 200 OK\r\ncontent-le")],
    ["interim responses without end", pour("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
  ])("ends a probe that receives %s", async (_, behaviour) => {
    expect(await outcomeAt(behaviour, { timeout: 200 })).toEqual(failure("timeout", "timeout after 200ms"));
  });

  test("allows a slow answer, whose duration is measured", async () => {
    await using server = await startProbeServer(
      onRequest((socket) => void setTimeout(() => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), 100)),
    );
    const result = await probe(server);
    expect(outcomeOf(result)).toEqual(success(200));
    expect(result.seconds).toBeGreaterThanOrEqual(0.099);
  });

  test("may be shorter than the resolution of timers", async () => {
    expect(await outcomeAt(hang, { timeout: 0.1 })).toEqual(failure("timeout", "timeout after 100µs"));
  });
});

describe("a probe whose connection fails", () => {
  test("reports a closed port as connection refused", async () => {
    const outcome = outcomeOf(await probe({ port: await closedPort() }));
    expect(outcome).toEqual(failure("refused", "connection refused"));
  });

  // Bun does not distinguish a reset from a close, so the message has to be true for both.
  test.each<[string, Behaviour]>([
    ["is reset when accepted", (socket) => void socket.resetAndDestroy()],
    ["is reset after the request", onRequest((socket) => void socket.resetAndDestroy())],
    ["is closed when accepted", (socket) => void socket.end()],
    ["is closed after the request", say("")],
    ["is closed within the response header", say("HTTP/1.1 200 OK\r\ncontent-le")],
  ])("reports a closed connection when it %s", async (_, behaviour) => {
    const outcome = await outcomeAt(behaviour);
    expect(outcome).toMatchObject({ kind: "failure", code: "reset" });
    expect(detailOf(outcome)).toMatch(/connection.*closed|closed.*connection/);
  });

  test("reports an invalid address as a failure", async () => {
    const result = await httpProbe(target({ port: 80 }))("not an address");
    expect(outcomeOf(result)).toMatchObject({ kind: "failure", code: "other" });
  });
});
