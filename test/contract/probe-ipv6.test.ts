/** The HTTP prober at gateways with IPv6 addresses, of which a link-local one needs its interface. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";

import type { HttpTarget } from "../../src/probe/http.ts";
import { untilUsable6 } from "../e2e/lab/ipv6.ts";
import { addNamespaces, IP, type Namespace, nextLabName, removeNamespaces, run } from "../e2e/lab/namespace.ts";
import { probeInChild } from "../fakes/probe-child.ts";
import { badStatus, failure, outcomeOf, success } from "../fakes/probe-outcomes.ts";
import {
  answer,
  type Behaviour,
  hang,
  onRequest,
  type Place,
  say,
  startProbeServer,
  startTlsServer,
} from "../fakes/probe-server.ts";
import { closing, target } from "./probe.fixture.ts";

setDefaultTimeout(60_000);

const lab = nextLabName();
let spaces: Readonly<Record<"router" | "gateway", Namespace>>;

beforeAll(async () => {
  spaces = await addNamespaces(lab, ["router", "gateway"]);
  const { router, gateway } = spaces;
  for (const space of [router, gateway]) {
    space.tune({ "ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0 });
  }
  await router.batch([
    "link set lo up", // by which the kernel tells this machine itself that a neighbour is not there
    `link add lan0 type veth peer name lan netns ${gateway.name}`,
    "address add fd00:77::1/64 dev lan0",
    "link set lan0 up",
  ]);
  const addresses = ["fd00:77::10/64", "fe80::10/64"];
  await gateway.batch([...addresses.map((address) => `address add ${address} dev lan`), "link set lan up"]);
  router.tune({ "ipv6/neigh/lan0/retrans_time_ms": 50 });
  for (const space of [router, gateway]) await untilUsable6(space);
});
afterAll(() => removeNamespaces(`${lab}-`));

const place = (): Place => ({ address: "::", enter: (action) => spaces.gateway.enter(action) });

async function probe(gateway: string, server: { port: number }, more: Partial<HttpTarget> = {}) {
  const targets = [{ ...target(server, more), gateway }];
  const [result] = await probeInChild(targets, { namespace: spaces.router.name });
  return outcomeOf(result!);
}

describe.each([
  ["an address of the network", "fd00:77::10", "[fd00:77::10]"],
  ["a link-local address", "fe80::10%lan0", "[fe80::10]"],
])("a gateway with %s", (_, gateway, host) => {
  const outcomeAt = async (behaviour: Behaviour, more?: Partial<HttpTarget>) => {
    await using server = await startProbeServer(behaviour, place());
    return await probe(gateway, server, more);
  };

  test("is healthy by its status alone", async () => {
    expect(await outcomeAt(answer(204))).toEqual(success(204));
    expect(await outcomeAt(answer(503))).toEqual(badStatus(503));
    expect(await outcomeAt(answer(302, "location: http://[fd00:77::10]/\r\n"))).toMatchObject({
      ...badStatus(302),
      detail: expect.stringMatching(/^status 302 to http:.*: redirects are not followed; /),
    });
    const early = "HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    expect(await outcomeAt(say(early))).toEqual(success(200));
  });

  test("is asked for path and query with its address in brackets as the host", async () => {
    await using server = await startProbeServer(answer(200), place());
    await probe(gateway, server, { path: "/health?deep=1" });
    const [line, ...fields] = server.visits[0]!.request.trimEnd().toLowerCase().split("\r\n");
    expect(line).toBe("get /health?deep=1 http/1.1");
    expect(fields).toContain(`host: ${host}:${server.port}`);
    expect(fields).toContain("connection: close");
  });

  test("that does not answer in time is a timeout, and the connection is closed", async () => {
    await using server = await startProbeServer(hang, place());
    expect(await probe(gateway, server, { timeout: 300 })).toEqual(failure("timeout", "timeout after 300ms"));
    await closing(server);
  });

  test("tells a closed port, a reset and an answer that is not HTTP apart", async () => {
    expect(await probe(gateway, { port: 7 })).toEqual(failure("refused", "connection refused"));
    const reset = await outcomeAt(onRequest((socket) => void socket.resetAndDestroy()));
    expect(reset).toEqual(failure("reset", "connection reset or closed"));
    expect(await outcomeAt(say("SSH-2.0-OpenSSH\r\n\r\n"))).toMatchObject({ code: "malformed" });
  });

  test("needs a certificate that is valid for its address", async () => {
    await using server = await startTlsServer("self-signed.pem", answer(200), place());
    expect(await probe(gateway, server, { scheme: "https" })).toMatchObject({ kind: "failure", code: "tls" });
  });
});

test.each([
  ["a firewall of the gateway", "gateway", "input", "reject with icmpv6 admin-prohibited"],
  ["a firewall of this machine", "router", "output", "reject with icmpv6 admin-prohibited"],
] as const)("%s that prohibits packets may be either one", async (_, where, hook, verdict) => {
  const rules = `table ip6 t { chain c { type filter hook ${hook} priority 0; tcp dport 7 ${verdict}; }; }`;
  await run([IP, "netns", "exec", spaces[where].name, "nft", "-f", "-"], rules);
  const outcome = await probe("fd00:77::10", { port: 7 });
  await run([IP, "netns", "exec", spaces[where].name, "nft", "flush", "ruleset"]);
  expect(outcome).toEqual(failure("blocked", "blocked by a route or firewall, of this machine or beyond"));
});

test("an address that no machine has is unreachable", async () => {
  const outcome = await probe("fd00:77::99", { port: 7 });
  expect(outcome).toEqual(failure("unreachable", "unreachable"));
});

test("a link-local address on an interface that does not exist is reported as such", async () => {
  const outcome = await probe("fe80::10%lan9", { port: 7 });
  expect(outcome).toEqual(failure("unreachable", "there is no such interface"));
});
