/** Real packets of IPv6 through the slots of a group, while gateways leave and return. */
import { join } from "node:path";

import { expect, setDefaultTimeout, test } from "bun:test";
import { execa } from "execa";

import { parseCidr, parseHost } from "../../src/net/cidr.ts";
import { decide, type RoutingSettings } from "../../src/routing/decide.ts";
import { createKernel } from "../../src/routing/iproute2/kernel.ts";
import { MOST_SLOTS } from "../../src/routing/nexthop-ids.ts";
import { planChanges } from "../../src/routing/plan.ts";
import type { Rings } from "../../src/routing/rings.ts";
import { layoutOf } from "../../src/routing/slots.ts";
import { openNamespace, runIpIn } from "./namespace.fixture.ts";

setDefaultTimeout(120_000);

const FLOWS = 64;
const CHANGES = 100;
const NUMBERS = [1, 2, 3, 4, 5];
const GATEWAYS = NUMBERS.map((number) => `fd00:77:${number}::a`);
const TARGET = "2001:db8::53";

const SETTINGS: RoutingSettings = {
  family: 6,
  layout: layoutOf(GATEWAYS, undefined, MOST_SLOTS),
  destinations: {
    managed: [parseCidr("::/0", [6])!],
    excluded: [],
    reserved: [],
    gateways: GATEWAYS.map((one) => parseHost(one)!),
  },
  tableRef: { table: 180, preference: 10888 },
  whenNoGateways: "fall-through",
  quorum: { least: 0, policy: "keep" },
};

/** The numbers of the packets of each flow. */
type Received = Readonly<Record<string, readonly number[]>>;

interface Report {
  readonly received: Received;
  readonly overflow: number;
}

type Namespace = Awaited<ReturnType<typeof openNamespace>>;

/** Connects a namespace with the router, where it is called NAME and has the first address. */
async function connect(router: Namespace, other: Namespace, name: string, network: string): Promise<void> {
  await router.ip(["link", "add", name, "type", "veth", "peer", "name", "up0", "netns", other.name]);
  await router.ip(["address", "add", `${network}::1/64`, "dev", name, "nodad"]);
  await other.ip(["address", "add", `${network}::a/64`, "dev", "up0", "nodad"]);
  await router.ip(["link", "set", name, "up"]);
  await other.ip(["link", "set", "up0", "up"]);
  await other.ip(["-6", "route", "add", "default", "via", `${network}::1`]);
}

/** Sets parameters of IPv6 in a namespace. */
async function tune(namespace: Namespace, ...settings: string[]): Promise<void> {
  const parameters = settings.map((one) => `net.ipv6.${one}`);
  await execa("ip", ["netns", "exec", namespace.name, "sysctl", "-q", "-w", ...parameters]);
}

function start(namespace: Namespace, ...args: string[]) {
  const script = join(import.meta.dir, "flows-child.ts");
  const child = execa("ip", ["netns", "exec", namespace.name, process.execPath, script, ...args], { stdin: "pipe" });
  const lines = child.iterable({ from: "stdout" })[Symbol.asyncIterator]();
  return {
    ready: lines.next(),
    async stop(): Promise<unknown> {
      child.stdin.end();
      return JSON.parse((await lines.next()).value as string);
    },
  };
}

test("no packet is lost, leaks or leaves a healthy gateway while others leave and return", async () => {
  await using router = await openNamespace();
  await using client = await openNamespace();
  await using wan = await openNamespace();
  await using stack = new AsyncDisposableStack();
  const far = await Promise.all(NUMBERS.map(async () => stack.use(await openNamespace())));
  // Until its link-local address is known to be its own alone, the router asks for no link-layer address for others.
  for (const one of [router, client, wan, ...far])
    await tune(one, "conf.all.accept_dad=0", "conf.default.accept_dad=0");
  await connect(router, client, "lan0", "fd00:1");
  for (const [index, gateway] of far.entries()) await connect(router, gateway, `gw${index}`, `fd00:77:${index + 1}`);
  await connect(router, wan, "wan0", "fd00:9");
  await router.ip(["-6", "route", "add", "default", "via", "fd00:9::a"]);
  for (const namespace of [...far, wan]) await namespace.ip(["address", "add", `${TARGET}/128`, "dev", "lo", "nodad"]);
  await tune(router, "conf.all.forwarding=1", "fib_multipath_hash_policy=1");

  stack.defer(runIpIn(router.name));
  const kernel = createKernel({ mostWords: 511 });
  let rings: Rings | undefined;
  const route = async (healthy: readonly string[]): Promise<void> => {
    const observed = await kernel.observe(180, GATEWAYS, undefined, 6);
    const state = { gateways: GATEWAYS, healthy: new Set(healthy), holds: new Map(), lost: [] };
    const decision = decide(SETTINGS, state, observed, rings);
    rings = decision.rings;
    const { changes } = planChanges(observed, decision.desired, SETTINGS.tableRef, new Set());
    expect(await kernel.apply(changes)).toEqual({ ok: true });
  };
  await route(GATEWAYS);
  await send(client, 500); // the kernel passes a gateway whose link-layer address it does not know (ipv6_good_nh in nexthop.c)
  const receivers = [...far, wan].map((namespace) => start(namespace, "receive"));
  await Promise.all(receivers.map(({ ready }) => ready));
  const sender = start(client, "send", String(FLOWS), TARGET);
  await sender.ready;
  await Bun.sleep(100);
  for (let change = 0; change < CHANGES; change++) {
    const leaving = [GATEWAYS[2]!, GATEWAYS[change % 4 < 2 ? 1 : 3]!].slice(change % 3);
    await route(GATEWAYS.filter((one) => !leaving.includes(one)));
  }
  const { sent } = (await sender.stop()) as { sent: number };
  const reports = (await Promise.all(receivers.map((one) => one.stop()))) as Report[];
  const overflow = reports.reduce((sum, one) => sum + one.overflow, 0); // they arrived, while the receiver was busy
  const received = reports.slice(0, -1).map((one) => one.received);
  const leaked = packetsIn([reports.at(-1)!.received]);
  expect({ lost: sent - overflow - packetsIn(received) - leaked, leaked }).toEqual({ lost: 0, leaked: 0 });
  expect(sent).toBeGreaterThan(1500);

  const visited = (flow: number) => NUMBERS.filter((_, gateway) => received[gateway]![flow] !== undefined);
  const firstOf = (flow: number) => NUMBERS[received.findIndex((one) => one[flow]?.includes(0))]!;
  const flows = Array.from({ length: FLOWS }, (_, flow) => flow);
  // The first and the last gateway never leave, and keep what they had at the beginning.
  const settled = flows.filter((flow) => [1, 5].includes(firstOf(flow)));
  expect(settled.length).toBeGreaterThan(8);
  expect(settled.filter((flow) => visited(flow).length > 1)).toEqual([]);
  expect(flows.filter((flow) => visited(flow).length > 1).length).toBeGreaterThan(4); // those of the others have moved
});

/** Sends packets for so long, for the effect that they have on the router. */
async function send(client: Namespace, milliseconds: number): Promise<void> {
  const sender = start(client, "send", String(FLOWS), TARGET);
  await sender.ready;
  await Bun.sleep(milliseconds);
  await sender.stop();
}

/** How many packets there are, each counted once. */
function packetsIn(some: readonly Received[]): number {
  return some.flatMap((one) => Object.values(one).map((numbers) => new Set(numbers).size)).reduce((a, b) => a + b, 0);
}
