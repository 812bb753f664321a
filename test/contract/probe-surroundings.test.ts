import { describe, expect, test } from "bun:test";

import { type ChildTarget, probeInChild } from "../fakes/probe-child.ts";
import { badStatus, CODE_ONLY, detailOf, failure, outcomeOf, success } from "../fakes/probe-outcomes.ts";
import { answer, certificate, hang, startProbeServer, startTlsServer } from "../fakes/probe-server.ts";
import { outcomeAt, probe, target } from "./probe.fixture.ts";

describe("a probe over TLS", () => {
  const https = { scheme: "https" } as const;

  test.each([
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["right", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["expired", "CERT_HAS_EXPIRED"],
  ])("sends no request to a server whose certificate is not trusted: %s.pem", async (name, code) => {
    await using server = await startTlsServer(`${name}.pem`, answer(200));
    expect(outcomeOf(await probe(server, https))).toEqual(failure("tls", `TLS: ${code}`));
    expect(server.visits.map(({ request }) => request).join("")).toBe("");
  });

  test.each([
    ["right", success(200)],
    ["wrong-name", failure("tls", "TLS: ERR_TLS_CERT_ALTNAME_INVALID")],
    ["client-only", failure("tls", "TLS: INVALID_PURPOSE")],
  ])("checks name and purpose of a certificate of a trusted authority: %s.pem", async (name, outcome) => {
    await using server = await startTlsServer(`${name}.pem`, answer(200));
    const environment = { NODE_EXTRA_CA_CERTS: certificate("authority.pem") };
    expect((await probeInChild([target(server, https)], { environment })).map(outcomeOf)).toEqual([outcome]);
  });

  test.each([
    ["does not speak TLS", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["rejects the handshake", "\x15\x03\x03\x00\x02\x02\x28"],
  ])("describes the failure in words when the server %s", async (_, bytes) => {
    const outcome = await outcomeAt((socket) => void socket.once("data", () => socket.end(bytes, "latin1")), https);
    expect(outcome).toMatchObject({ kind: "failure", code: "tls" });
    expect(detailOf(outcome)).toContain("TLS");
    expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
  });

  test("ends with a timeout when the server never continues the handshake", async () => {
    const outcome = await outcomeAt(hang, { ...https, timeout: 100 });
    expect(outcome).toEqual(failure("timeout", "timeout after 100ms"));
  });
});

describe("a probe in a process with an unusual environment", () => {
  const unused = { scheme: "http", port: 80, path: "/", timeout: 2000 } as const;

  test("ignores proxies in the environment", async () => {
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
      "waits for 300 hanging gateways, since Bun sends 256 requests at a time by default",
      {},
      failure("timeout", "timeout after 1s"),
    ],
    [
      "does not wait for 300 hanging gateways with BUN_CONFIG_MAX_HTTP_REQUESTS, as the executable sets it",
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

  test("describes in words that the kernel has no usable route to the gateway", async () => {
    const routes = ["unreachable 10.1.0.0/16", "prohibit 10.2.0.0/16", "blackhole 10.3.0.0/16", "throw 10.4.0.0/16"];
    const setUp = ["ip link set lo up", ...routes.map((route) => `ip route add ${route}`)].join("\n");
    const gateways = ["10.1.0.1", "10.2.0.1", "10.3.0.1", "10.4.0.1", "192.0.2.1"];
    const targets = gateways.map((gateway) => ({ ...unused, gateway }));
    const outcomes = (await probeInChild(targets, { ownNetwork: true, setUp })).map(outcomeOf);
    const codes = ["unreachable", "blocked", "blocked", "unreachable", "unreachable"];
    expect(outcomes).toMatchObject(codes.map((code) => ({ kind: "failure", code })));
    for (const outcome of outcomes) expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
  });

  test("reports a gateway whose address does not answer ARP as unreachable", async () => {
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

  /** Blocks the event loop for 700 ms, longer than the timeout of the probe, as when the process is stopped. */
  const stall = (): void => Bun.sleepSync(700);

  test("is repeated when the process did not run while the answer arrived", async () => {
    let visits = 0;
    await using server = await startProbeServer((socket) => {
      visits += 1;
      if (visits === 1) socket.once("data", stall);
      else answer(200)(socket, server.visits.at(-1)!);
    });
    expect(outcomeOf(await probe(server, { timeout: 200 }))).toEqual(success(200));
    expect(visits).toBe(2);
  });

  test("is repeated once only when the process did not run and the gateway hangs", async () => {
    await using server = await startProbeServer((socket) => void socket.once("data", stall));
    expect(outcomeOf(await probe(server, { timeout: 200 }))).toEqual(failure("timeout", "timeout after 200ms"));
    expect(server.visits).toHaveLength(2);
  });

  test("reports a lack of local ports as exhausted, which is not a fault of the gateway", async () => {
    const setUp = `ip link add v0 type veth peer name v1
      ip address add 10.0.0.1/24 dev v0
      ip link set v0 up
      ip link set v1 up
      ip neighbour add 10.0.0.2 lladdr 02:00:00:00:00:02 dev v0
      echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range`;
    const silent = { ...unused, gateway: "10.0.0.2", timeout: 300 };
    const results = await probeInChild([silent, silent], { ownNetwork: true, setUp });
    const reasons = results.map((result) => result.kind === "failure" && result.code);
    expect(reasons.sort()).toEqual(["exhausted", "timeout"]);
  });

  test("reports a lack of file descriptors as exhausted, in words", async () => {
    await using server = await startProbeServer(hang);
    const targets = Array.from({ length: 100 }, () => target(server, { timeout: 300 }));
    const outcomes = (await probeInChild(targets, { setUp: "ulimit -n 60" })).map(outcomeOf);
    const others = outcomes.filter((outcome) => !Bun.deepEquals(outcome, failure("timeout", "timeout after 300ms")));
    expect(others.length).toBeGreaterThan(40);
    for (const outcome of others) {
      expect(outcome).toMatchObject({ kind: "failure", code: "exhausted" });
      expect(detailOf(outcome)).not.toMatch(CODE_ONLY);
    }
  });
});
