/** All pools at work in this process: real probes of gateways on the loopback, and a kernel in memory. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";

import type { Config, PoolConfig } from "../../src/config/model.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { createEventBus } from "../../src/events/bus.ts";
import type { ServiceEvent } from "../../src/events/events.ts";
import { parseCidr } from "../../src/net/cidr.ts";
import { Control } from "../../src/service/control.ts";
import type { Change } from "../../src/routing/types.ts";
import { freePort } from "../fakes/free-port.ts";
import { answering, FakeGateway, refusing } from "../fakes/gateway.ts";
import { FakeKernel } from "../fakes/kernel.ts";

setDefaultTimeout(20_000);

const PORT = freePort();
const [A, B, C] = ["127.0.1.11", "127.0.1.12", "127.0.1.13"] as const;
const LAN = { from: [parseCidr("10.78.0.0/24")!], in: [] };

/** A configuration of pools with these members, of which all but the last one are for a source network. */
function configOf(
  members: Readonly<Record<string, readonly string[]>>,
  flags: Readonly<Record<string, string>>,
): Config {
  const given = { "start-ip": A, "end-ip": C, port: String(PORT), "check-period": "1s", timeout: "1s", ...flags };
  const parsed = parseConfig(given, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const [pool] = parsed.config.pools;
  const names = Object.keys(members);
  const pools = names.map((name, index): PoolConfig => ({
    ...pool,
    ...{ name, gateways: members[name]!, members: members[name]!.map((gateway) => ({ gateway, weight: 1, tier: 1 })) },
    ...{ table: 180 + index, preference: 10888 + 8 * index },
    ...(index < names.length - 1 && { selectors: LAN }),
  }));
  return { ...parsed.config, pools: pools as [PoolConfig, ...PoolConfig[]] };
}

class CountingKernel extends FakeKernel {
  readonly runs: (readonly Change[])[] = [];

  override async apply(changes: readonly Change[]) {
    this.runs.push(changes);
    return super.apply(changes);
  }
}

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Pools at work, whose gateways all answer. */
async function setUp(
  members: Readonly<Record<string, readonly string[]>>,
  flags: Readonly<Record<string, string>> = {},
) {
  const gateways = new Map([A, B, C].map((address) => [address as string, new FakeGateway(address, PORT)]));
  closing.push(() => gateways.forEach((gateway) => gateway.close()));
  const kernel = new CountingKernel(["127.0.0.1/8"]);
  const bus = createEventBus();
  const events: ServiceEvent[] = [];
  bus.subscribe((event) => void events.push(event));
  const control = new Control({ config: configOf(members, flags), kernel, bus, drained: new Set(), onSettled() {} });
  await control.adopt();
  await control.prepare();
  control.start();
  closing.push(async () => {
    control.stop();
    await control.leaveAll();
  });
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await Bun.sleep(5);
  };
  await until(() => control.standings.every(({ ok }) => ok));
  const lan = (to = "8.8.8.8") => kernel.lookup(to, 0, "10.78.0.2", "lan0");
  return {
    gateways,
    kernel,
    events,
    control,
    until,
    lan,
    other: () => kernel.lookup("8.8.8.8", 0, "10.79.0.2", "lan0"),
  };
}

test("pools that share a gateway follow its loss by one run of ip, and it is probed and reported once", async () => {
  const { gateways, kernel, events, until, lan, other } = await setUp({ vpn: [A, B], rest: [B, C] });
  await until(() => lan().includes(B) && other().includes(B));
  kernel.runs.splice(0);
  events.splice(0);
  gateways.get(B)!.becomes(refusing);
  await until(() => !lan().includes(B) && !other().includes(B));
  expect(kernel.runs.map((run) => run.map((change) => "route" in change && change.route.table))).toEqual([[180, 181]]);
  const reports = events.filter((event) => event.type === "gateway");
  expect(reports).toMatchObject([
    {
      ...{ gateway: B, status: "down", up: 2, total: 3 },
      pools: [
        { pool: "vpn", up: 1, down: 1, total: 2 },
        { pool: "rest", up: 1, down: 1, total: 2 },
      ],
    },
  ]);
  expect(reports[0]).not.toHaveProperty("pool");
  expect(events.filter(({ type }) => type === "applied").map((event) => "pool" in event && event.pool)).toEqual([
    "vpn",
    "rest",
  ]);
});

test("a pool without a gateway rejects its own packets and falls through for others, as each says", async () => {
  const { gateways, until, lan, other, kernel } = await setUp(
    { vpn: [A], rest: [C] },
    { "when-no-gateways": "unreachable", "exclude-cidr": "9.0.0.0/8" },
  );
  await until(() => lan() === `${A}*1` && other() === `${C}*1`);
  gateways.get(A)!.becomes(refusing);
  await until(() => lan() === "unreachable");
  expect(other()).toBe(`${C}*1`);
  expect(lan("9.9.9.9")).toBe("main");
  kernel.routes = kernel.routes.filter(({ table }) => table !== 180);
  expect(lan()).toBe("unreachable");
  gateways.get(A)!.becomes(answering(200));
  await until(() => lan() === `${A}*1`);
});

test("what other programs remove is restored in each pool, and a stop leaves nothing", async () => {
  const { kernel, control, until, lan, other } = await setUp({ vpn: [A, B], rest: [C] });
  const before = [lan(), other()];
  kernel.routes = [];
  kernel.rules = [];
  control.onKernelEvent({ kind: "overflow" });
  await until(() => lan() === before[0] && other() === before[1]);
  control.stop();
  expect(await control.removeAll()).toBe(true);
  expect([kernel.routes, kernel.rules]).toEqual([[], []]);
});

test("pools go on from the slots that an earlier run left", async () => {
  const first = await setUp({ vpn: [A, B, C], rest: [C] });
  first.gateways.get(A)!.becomes(refusing);
  await first.until(() => !first.lan().includes(A));
  first.gateways.get(A)!.becomes(answering(200));
  await first.until(() => first.lan().includes(A));
  const ring = first.lan();
  first.control.stop();
  await first.control.leaveAll();
  const bus = createEventBus();
  const events: ServiceEvent[] = [];
  bus.subscribe((event) => void events.push(event));
  const config = configOf({ vpn: [A, B, C], rest: [C] }, {});
  const next = new Control({ config, kernel: first.kernel, bus, drained: new Set(), onSettled() {} });
  expect(await next.adopt()).toEqual([3, 1]);
  expect(events.filter(({ type }) => type === "adopted")).toEqual([{ type: "adopted", gateways: [A, B, C] }]);
  await next.prepare();
  next.start();
  await first.until(() => next.standings.every(({ ok }) => ok));
  expect(first.lan()).toBe(ring);
  next.stop();
  await next.leaveAll();
});
