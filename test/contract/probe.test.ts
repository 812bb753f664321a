import { describe, expect, test } from "bun:test";

import { httpProbe, type HttpTarget } from "../../src/probe/http.ts";
import type { ProbeResult } from "../../src/probe/probe.ts";
import { type ChildTarget, probeInChild } from "../fakes/probe-child.ts";
import { badStatus, CODE_ONLY, detailOf, failure, outcomeOf, success } from "../fakes/probe-outcomes.ts";
import {
  answer,
  type Behaviour,
  certificate,
  closedPort,
  drip,
  hang,
  onRequest,
  pour,
  type ProbeServer,
  say,
  sayAndWait,
  startProbeServer,
  startTlsServer,
} from "../fakes/probe-server.ts";

const target = (server: { port: number }, more: Partial<HttpTarget> = {}): HttpTarget => {
  return { scheme: "http", port: server.port, path: "/", timeout: 5000, ...more };
};

const probe = (server: { port: number }, more?: Partial<HttpTarget>): Promise<ProbeResult> =>
  httpProbe(target(server, more))("127.0.0.1");

/** The outcome of one probe of a server that behaves so. */
async function outcomeAt(behaviour: Behaviour, more?: Partial<HttpTarget>) {
  await using server = await startProbeServer(behaviour);
  return outcomeOf(await probe(server, more));
}

/** Waits for the only connection of a server to end. Left to the garbage collector, that would take a second. */
async function closing({ visits }: ProbeServer): Promise<void> {
  expect(visits).toHaveLength(1);
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("the connection is still open after 500 ms")), 500);
  await Promise.race([visits[0]!.closed, late.promise]).finally(() => clearTimeout(timer));
}

const MIB = 2 ** 20;

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
    expect(outcome).toMatchObject({ kind: "failure", reason: "reset" });
    expect(detailOf(outcome)).toMatch(/connection.*closed|closed.*connection/);
  });

  test("an address that is none is a failure like any other", async () => {
    const result = await httpProbe(target({ port: 80 }))("not an address");
    expect(outcomeOf(result)).toMatchObject({ kind: "failure", reason: "other" });
  });
});

describe("an answer that is not HTTP", () => {
  test.each([
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["random bytes", Array.from({ length: 256 }, (_, byte) => String.fromCharCode(255 - byte)).join("")],
    ["a page without a head", "<!doctype html><title>hello</title>"],
    ["a status that is no number", "HTTP/1.1 abc OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"],
    ["a body of negative length", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"],
    ["two lengths that differ", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx"],
    ["an unknown transfer encoding", "HTTP/1.1 200 OK\r\ntransfer-encoding: nonsense\r\n\r\n"],
  ])("%s", async (_, text) => {
    expect(await outcomeAt(sayAndWait(text))).toEqual(failure("malformed", "the answer is not HTTP"));
  });

  test("an upgrade that nobody asked for is no valid answer either", async () => {
    const upgrade = "HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n";
    expect(await outcomeAt(sayAndWait(upgrade))).toMatchObject({ kind: "failure", reason: "malformed" });
  });

  test.each([
    ["one endless header", pour("HTTP/1.1 200 OK\r\nx: ", "x".repeat(65_536))],
    ["headers without end", pour("HTTP/1.1 200 OK\r\n", `x: ${"y".repeat(60)}\r\n`.repeat(1000))],
    ["a head of 2 MiB", say(`HTTP/1.1 200 OK\r\nx: ${"x".repeat(2 * MIB)}\r\ncontent-length: 0\r\n\r\n`)],
  ])("%s: given up early, without filling the memory", async (_, behaviour) => {
    await using server = await startProbeServer(behaviour);
    const before = process.memoryUsage.rss();
    expect(outcomeOf(await probe(server))).toMatchObject({ kind: "failure", reason: "malformed" });
    await closing(server);
    expect(server.visits[0]!.sent).toBeLessThan(64 * MIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
  });
});

describe("the body is neither waited for nor read", () => {
  const chunk = "x".repeat(65_536);

  test.each<[string, Behaviour]>([
    ["endless", pour("HTTP/1.1 200 OK\r\n\r\n", chunk)],
    ["endless in chunks", pour("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", `10000\r\n${chunk}\r\n`)],
    ["declared huge and sent", pour("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n", chunk)],
    ["declared huge and never sent", sayAndWait("HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\n")],
    ["compressed, endless and garbage", pour("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n", chunk)],
  ])("%s: healthy at once, and the connection ends soon", async (_, behaviour) => {
    await using server = await startProbeServer(behaviour);
    const before = process.memoryUsage.rss();
    expect(outcomeOf(await probe(server))).toEqual(success(200));
    await closing(server);
    expect(server.visits[0]!.sent).toBeLessThan(64 * MIB);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
  });

  test.each([
    ["cut short", "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhel"],
    ["in broken chunks", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzzz\r\n"],
    [
      "that is not gzip, though it says so",
      "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 7\r\n\r\ngarbage",
    ],
  ])("%s: healthy all the same", async (_, text) => {
    expect(await outcomeAt(say(text))).toEqual(success(200));
  });

  test("that of a bad status ends soon, too", async () => {
    await using server = await startProbeServer(pour("HTTP/1.1 503 No\r\n\r\n", chunk));
    expect(outcomeOf(await probe(server))).toEqual(badStatus(503));
    await closing(server);
  });

  test("nothing is left behind that throws later or keeps the process from ending", async () => {
    await using server = await startProbeServer(pour("HTTP/1.1 200 OK\r\n\r\n", chunk));
    const results = await probeInChild(Array.from({ length: 5 }, () => target(server, { timeout: 300 })));
    expect(results.map(outcomeOf)).toEqual(Array(5).fill(success(200)));
  });
});

describe("TLS", () => {
  const https = { scheme: "https" } as const;

  test.each([
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["right", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["expired", "CERT_HAS_EXPIRED"],
  ])("a certificate that is not trusted: %s.pem", async (name, code) => {
    await using server = await startTlsServer(`${name}.pem`, answer(200));
    expect(outcomeOf(await probe(server, https))).toEqual(failure("tls", `TLS: ${code}`));
    expect(server.visits.map(({ request }) => request).join("")).toBe("");
  });

  test.each([
    ["right", success(200)],
    ["wrong-name", failure("tls", "TLS: ERR_TLS_CERT_ALTNAME_INVALID")],
    ["client-only", failure("tls", "TLS: INVALID_PURPOSE")],
  ])("a certificate of a trusted authority: %s.pem", async (name, outcome) => {
    await using server = await startTlsServer(`${name}.pem`, answer(200));
    const environment = { NODE_EXTRA_CA_CERTS: certificate("authority.pem") };
    expect((await probeInChild([target(server, https)], { environment })).map(outcomeOf)).toEqual([outcome]);
  });

  test.each([
    ["does not speak TLS", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["refuses the handshake", "\x15\x03\x03\x00\x02\x02\x28"],
  ])("a server that %s: told in words", async (_, bytes) => {
    const outcome = await outcomeAt((socket) => void socket.once("data", () => socket.end(bytes, "latin1")), https);
    expect(outcome).toMatchObject({ kind: "failure", reason: "tls" });
    expect(detailOf(outcome)).toContain("TLS");
    expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
  });

  test("a handshake that never goes on: timeout", async () => {
    const outcome = await outcomeAt(hang, { ...https, timeout: 100 });
    expect(outcome).toEqual(failure("timeout", "timeout after 100ms"));
  });
});

describe("the surroundings of the process", () => {
  const unused = { scheme: "http", port: 80, path: "/", timeout: 2000 } as const;

  test("proxies in the environment are ignored", async () => {
    await using proxy = await startProbeServer(answer(200));
    await using plain = await startProbeServer(answer(404));
    await using secure = await startTlsServer("self-signed.pem", answer(200));
    const names = ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
    const environment = Object.fromEntries(names.map((name) => [name, `http://127.0.0.1:${proxy.port}`]));
    const targets = [target(plain), target(secure, { scheme: "https" })];
    const outcomes = (await probeInChild(targets, { environment })).map(outcomeOf);
    expect(outcomes).toEqual([badStatus(404), failure("tls", "TLS: DEPTH_ZERO_SELF_SIGNED_CERT")]);
    expect(plain.visits).toHaveLength(1);
    expect(proxy.visits).toEqual([]);
  });

  test.each([
    [
      "one gateway waits for 300 that hang, as Bun makes 256 requests at a time",
      {},
      failure("timeout", "timeout after 1s"),
    ],
    [
      "none waits once the runtime is told so before it starts",
      { BUN_CONFIG_MAX_HTTP_REQUESTS: "65336" },
      success(200),
    ],
  ])("%s", async (_, environment, expected) => {
    await using hanging = await startProbeServer(hang);
    await using healthy = await startProbeServer(answer(200));
    const targets: ChildTarget[] = Array.from({ length: 300 }, () => target(hanging, { timeout: 1500 }));
    const results = await probeInChild([...targets, target(healthy, { timeout: 1000 })], { environment });
    expect(outcomeOf(results.pop()!)).toEqual(expected);
    expect(results.map(outcomeOf)).toEqual(Array(300).fill(failure("timeout", "timeout after 1.5s")));
  });

  test("routes that lead nowhere", async () => {
    const routes = ["unreachable 10.1.0.0/16", "prohibit 10.2.0.0/16", "blackhole 10.3.0.0/16", "throw 10.4.0.0/16"];
    const setUp = ["ip link set lo up", ...routes.map((route) => `ip route add ${route}`)].join("\n");
    const gateways = ["10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "192.0.2.1"];
    const targets = gateways.map((gateway) => ({ ...unused, gateway }));
    const outcomes = (await probeInChild(targets, { ownNetwork: true, setUp })).map(outcomeOf);
    const reasons = ["unreachable", "blocked", "blocked", "unreachable", "unreachable"];
    expect(outcomes).toMatchObject(reasons.map((reason) => ({ kind: "failure", reason })));
    for (const outcome of outcomes) expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
  });

  test("a neighbour that does not answer for its address", async () => {
    const setUp = `ip link set lo up
      ip link add v0 type veth peer name v1
      echo 1 > /proc/sys/net/ipv4/neigh/v0/mcast_solicit
      echo 50 > /proc/sys/net/ipv4/neigh/v0/retrans_time_ms
      ip address add 10.0.0.1/24 dev v0
      ip link set v0 up
      ip link set v1 up`;
    const [result] = await probeInChild([{ ...unused, gateway: "10.0.0.2" }], { ownNetwork: true, setUp });
    expect(outcomeOf(result!)).toEqual(failure("unreachable", "unreachable"));
  });

  test("no free port of our own: exhausted, not the gateway's fault", async () => {
    const setUp = `ip link add v0 type veth peer name v1
      ip address add 10.0.0.1/24 dev v0
      ip link set v0 up
      ip link set v1 up
      ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
      echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range`;
    const silent = { ...unused, gateway: "10.0.0.2", timeout: 300 };
    const results = await probeInChild([silent, silent], { ownNetwork: true, setUp });
    const reasons = results.map((result) => result.kind === "failure" && result.reason);
    expect(reasons.sort()).toEqual(["exhausted", "timeout"]);
  });

  test("no free file descriptor: exhausted, and told in words", async () => {
    await using server = await startProbeServer(hang);
    const targets = Array.from({ length: 100 }, () => target(server, { timeout: 300 }));
    const outcomes = (await probeInChild(targets, { setUp: "ulimit -n 60" })).map(outcomeOf);
    const others = outcomes.filter((outcome) => !Bun.deepEquals(outcome, failure("timeout", "timeout after 300ms")));
    expect(others.length).toBeGreaterThan(40);
    for (const outcome of others) {
      expect(outcome).toMatchObject({ kind: "failure", reason: "exhausted" });
      expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
    }
  });
});
