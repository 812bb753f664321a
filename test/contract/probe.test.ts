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

describe("the status alone decides", () => {
  test.each([200, 201, 204, 206, 299])("%d is healthy", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(success(status));
  });

  test.each([300, 301, 302, 304, 307, 400, 401, 404, 429, 500, 503, 599])("%d is not", async (status) => {
    expect(await outcomeAt(answer(status))).toEqual(badStatus(status));
  });

  test("an interim answer is none: what comes after it counts", async () => {
    const head = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n";
    expect(await outcomeAt(say(`${head}HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n`))).toEqual(success(200));
    expect(await outcomeAt(say(`${head}HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n`))).toEqual(badStatus(503));
  });

  test("HTTP/1.0 and an answer without a reason phrase are fine", async () => {
    expect(await outcomeAt(say("HTTP/1.0 200 OK\r\n\r\n"))).toEqual(success(200));
    expect(await outcomeAt(say("HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n"))).toEqual(success(200));
  });

  test.each([301, 302, 303, 307, 308])("a redirect (%d) to a healthy page is not followed", async (status) => {
    await using healthy = await startProbeServer(answer(200));
    const location = `location: http://127.0.0.1:${healthy.port}/\r\n`;
    expect(await outcomeAt(answer(status, location))).toEqual(badStatus(status));
    expect(healthy.visits).toEqual([]);
  });
});

describe("the request", () => {
  test("is a GET of the path and the query at the gateway, and asks to close the connection", async () => {
    await using server = await startProbeServer(answer(200));
    await probe(server, { path: "/health?deep=1" });
    const [line, ...fields] = server.visits[0]!.request.trimEnd().toLowerCase().split("\r\n");
    expect(line).toBe("get /health?deep=1 http/1.1");
    expect(fields).toContain(`host: 127.0.0.1:${server.port}`);
    expect(fields).toContain("connection: close");
  });

  test("has a fresh connection each time, even if the server would keep the old one", async () => {
    await using server = await startProbeServer(
      sayAndWait("HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n"),
    );
    for (let round = 0; round < 5; round++) expect(outcomeOf(await probe(server))).toEqual(success(200));
    expect(server.visits.map(({ request }) => request.split("GET ").length - 1)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe("time", () => {
  test("a gateway that accepts and says nothing: timeout after the time allowed", async () => {
    await using server = await startProbeServer(hang);
    const result = await probe(server, { timeout: 300 });
    expect(outcomeOf(result)).toEqual(failure("timeout", "timeout after 300ms"));
    expect(result.seconds).toBeGreaterThanOrEqual(0.299);
  });

  test("a connection given up is closed", async () => {
    await using server = await startProbeServer(hang);
    await probe(server, { timeout: 50 });
    await closing(server);
  });

  test.each([
    ["an answer that drips in too slowly", drip(`HTTP/1.1 200 OK\r\n${"x: y\r\n".repeat(500)}\r\n`, 10)],
    ["half a head and no more", sayAndWait("HTTP/1.1 200 OK\r\ncontent-le")],
    ["interim answers without end", pour("", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100))],
  ])("%s: timeout", async (_, behaviour) => {
    expect(await outcomeAt(behaviour, { timeout: 200 })).toEqual(failure("timeout", "timeout after 200ms"));
  });

  test("a slow answer within the time is healthy, and its time is measured", async () => {
    await using server = await startProbeServer(
      onRequest((socket) => void setTimeout(() => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), 100)),
    );
    const result = await probe(server);
    expect(outcomeOf(result)).toEqual(success(200));
    expect(result.seconds).toBeGreaterThanOrEqual(0.099);
  });

  test("less than the timers can tell still is a timeout, not an error", async () => {
    expect(await outcomeAt(hang, { timeout: 0.1 })).toEqual(failure("timeout", "timeout after 100µs"));
  });
});

describe("a connection that fails", () => {
  test("a closed port", async () => {
    const outcome = outcomeOf(await probe({ port: await closedPort() }));
    expect(outcome).toEqual(failure("refused", "connection refused"));
  });

  // Bun tells a reset and a close apart in no way, so what is said has to be true of both.
  test.each<[string, Behaviour]>([
    ["reset when accepted", (socket) => void socket.resetAndDestroy()],
    ["reset after the request", onRequest((socket) => void socket.resetAndDestroy())],
    ["closed when accepted", (socket) => void socket.end()],
    ["closed after the request", say("")],
    ["closed within the head", say("HTTP/1.1 200 OK\r\ncontent-le")],
  ])("%s", async (_, behaviour) => {
    const outcome = await outcomeAt(behaviour);
    expect(outcome).toMatchObject({ kind: "failure", code: "reset" });
    expect(detailOf(outcome)).toMatch(/connection.*closed|closed.*connection/);
  });

  test("an address that is none is a failure like any other", async () => {
    const result = await httpProbe(target({ port: 80 }))("not an address");
    expect(outcomeOf(result)).toMatchObject({ kind: "failure", code: "other" });
  });
});
