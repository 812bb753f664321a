/** Reconcilers of several pools on one kernel. */
import { expect, test } from "bun:test";

import { formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import type { UnusableNexthop } from "../../../src/pool/nexthop-fault.ts";
import type { PoolState } from "../../../src/pool/select.ts";
import type { RoutingEvent } from "../../../src/routing/events.ts";
import { jointKernel } from "../../../src/routing/joint-kernel.ts";
import type { Kernel } from "../../../src/routing/kernel.ts";
import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import type { Selectors } from "../../../src/routing/selectors.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import type { Change } from "../../../src/routing/types.ts";
import { createOtherPools } from "../../../src/service/other-pools.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

const [A, B, C] = ["10.0.0.11", "10.0.0.12", "10.0.0.13"] as const;
const QUORUM = { least: 0, policy: "keep" } as const;
const TARGET = parseCidr("1.1.1.1/32")!;
const PROBES = { preference: 100, table: 18001, mark: 0xad000000, targets: [TARGET] };
const cidr = (text: string) => parseCidr(text)!;

interface Given {
  readonly gateways: readonly string[];
  readonly selectors?: Selectors;
  readonly whenNoGateways?: WhenNoGateways;
}

/** The kernel with a count of its runs. */
class CountingKernel extends FakeKernel {
  readonly runs: (readonly Change[])[] = [];

  override async apply(changes: readonly Change[]): ReturnType<Kernel["apply"]> {
    this.runs.push(changes);
    return super.apply(changes);
  }
}

/** Pools whose healthy gateways are set by hand, on one kernel; the first has the routes for probes through all gateways. */
function setUp(...given: readonly Given[]) {
  const kernel = new CountingKernel();
  const joint = jointKernel(kernel);
  const all = [...new Set(given.flatMap(({ gateways }) => gateways))];
  const othersOf = createOtherPools(
    () => PROBES.targets,
    () => pools[0]!.reconciler.look("entries"),
  );
  const pools = given.map(({ gateways, selectors, whenNoGateways = "fall-through" }, index) => {
    let healthy: readonly string[] = [];
    let unusable: readonly UnusableNexthop[] = [];
    const events: RoutingEvent[] = [];
    const state = (): PoolState => ({ gateways, healthy: new Set(healthy), holds: new Map(), lost: [] });
    const place = { table: 180 + index, preference: 10888 + 8 * index };
    const reconciler = new Reconciler({
      ...{ kernel: joint, quorum: QUORUM, whenNoGateways, layout: layoutOf(gateways), others: othersOf() },
      pool: { state, examine() {}, decided: (_, faulty) => void (unusable = faulty) },
      destinations: {
        managed: [cidr("0.0.0.0/0")],
        excluded: [],
        reserved: [],
        gateways: all.map((one) => cidr(`${one}/32`)),
      },
      tableRef: { ...place, ...(selectors && { selectors }) },
      probes: index === 0 ? PROBES : undefined,
      probed: index === 0 ? all : undefined,
      emit: (event) => void events.push(event),
    });
    return {
      ...{ reconciler, events },
      unusable: () => unusable.map(({ gateway }) => gateway),
      setHealthy(...gatewaysNow: readonly string[]): void {
        healthy = gatewaysNow;
        reconciler.follow();
      },
    };
  });
  /** Waits until all pools have settled so many times more. */
  const settled = async (times = 1): Promise<void> => {
    const counts = () => pools.map(({ events }) => events.filter(({ type }) => type === "settled").length);
    const goals = counts().map((count) => count + times);
    while (counts().some((count, index) => count < goals[index]!)) await Bun.sleep(1);
  };
  return {
    ...{ kernel, pools, settled },
    stop: () => Promise.all(pools.map(({ reconciler }) => reconciler.leave(performance.now() + 1000))),
  };
}

const LAN: Selectors = { from: [cidr("10.78.0.0/24")], in: [] };

test("a change of two pools is made by one run of ip, and one reading serves both", async () => {
  const { kernel, pools, settled, stop } = setUp({ gateways: [A, B], selectors: LAN }, { gateways: [B, C] });
  const first = settled();
  for (const { setHealthy } of pools) setHealthy(A, B, C);
  await first;
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.2")).toStartWith(`${A}*`);
  kernel.runs.splice(0);
  const second = settled();
  pools[0]!.setHealthy(A);
  pools[1]!.setHealthy(C);
  await second;
  expect(kernel.runs.map((changes) => changes.map((one) => "route" in one && one.route.table))).toEqual([[180, 181]]);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.2")).toBe(`${A}*1`);
  expect(kernel.lookup("8.8.8.8", 0, "10.79.0.2")).toBe(`${C}*1`);
  await stop();
});

test("the pool with the routes for probes has them for the gateways of others, and does not use or report those", async () => {
  const { kernel, pools, settled, stop } = setUp({ gateways: [A], selectors: LAN }, { gateways: [B, "172.16.0.9"] });
  const done = settled();
  for (const { setHealthy } of pools) setHealthy(A, B);
  await done;
  const ofProbes = kernel.routes.filter(({ table, type }) => table >= 18001 && type === "unicast");
  expect(ofProbes.map(({ table, nexthops }) => [table, nexthops[0]!.gateway])).toEqual([
    [18001, A],
    [18002, B],
  ]);
  expect([pools[0]!.unusable(), pools[1]!.unusable()]).toEqual([[], ["172.16.0.9"]]);
  await stop();
});

test("answers to probes are let in while any pool for packets of this machine rejects their targets", async () => {
  const { kernel, pools, stop } = setUp(
    { gateways: [A], selectors: LAN, whenNoGateways: "unreachable" },
    { gateways: [B], whenNoGateways: "unreachable" },
  );
  const untilAnswers = async (count: number): Promise<void> => {
    while (kernel.rules.filter(({ kind }) => kind === "answer").length !== count) await Bun.sleep(1);
  };
  for (const { reconciler } of pools) await reconciler.prepare();
  pools[0]!.setHealthy(A);
  pools[1]!.setHealthy();
  await untilAnswers(1);
  pools[1]!.setHealthy(B);
  await untilAnswers(0);
  pools[0]!.setHealthy(); // it is for packets of others alone
  while (kernel.lookup("8.8.8.8", 0, "10.78.0.2") !== "unreachable") await Bun.sleep(1);
  await Bun.sleep(20);
  await untilAnswers(0);
  await stop();
});

/** The rules for answers that stand, in short. */
const answersIn = (kernel: FakeKernel): string[] =>
  kernel.rules.flatMap((rule) => (rule.kind === "answer" ? `${formatCidr(rule.from)} ${formatCidr(rule.to)}` : []));

test("answers come in as ever with a pool that rejects packets from another address of this machine", async () => {
  const { kernel, pools, stop } = setUp({ gateways: [A], selectors: LAN, whenNoGateways: "unreachable" });
  kernel.addresses.push("10.78.0.1/24");
  await pools[0]!.reconciler.prepare();
  expect(answersIn(kernel)).toEqual([]);
  for (const healthy of [[A], [], [A]]) {
    pools[0]!.setHealthy(...healthy);
    const wanted = healthy.length === 0 ? "unreachable" : `${A}*1`;
    while (!kernel.lookup("8.8.8.8", 0, "10.78.0.2").startsWith(wanted)) await Bun.sleep(1);
    await Bun.sleep(20);
    expect(answersIn(kernel)).toEqual([]);
  }
  await stop();
});

test("answers are let in at the address from which a pool rejects packets, and at no other one", async () => {
  const { kernel, pools, stop } = setUp({
    ...{ gateways: [A, "10.1.0.11"], whenNoGateways: "unreachable" },
    selectors: { from: [cidr("10.0.0.0/24")], in: [] },
  });
  kernel.addresses.push("10.1.0.1/24");
  await pools[0]!.reconciler.prepare();
  pools[0]!.setHealthy();
  while (pools[0]!.events.every(({ type }) => type !== "settled")) await Bun.sleep(1);
  expect(answersIn(kernel)).toEqual(["10.0.0.1/32 1.1.1.1/32"]);
  await stop();
});

test("of several pools for packets of this machine, the first one that has a route decides about answers", async () => {
  const { kernel, pools, settled, stop } = setUp(
    { gateways: [A], selectors: { from: [], in: ["lo"] } },
    { gateways: [B], whenNoGateways: "unreachable" },
  );
  const step = async (own: readonly string[], rest: readonly string[]): Promise<string[]> => {
    const done = settled();
    pools[0]!.setHealthy(...own);
    pools[1]!.setHealthy(...rest);
    await done;
    await Bun.sleep(20);
    return answersIn(kernel);
  };
  for (const { reconciler } of pools) await reconciler.prepare();
  expect(await step([A], [])).toEqual([]);
  expect(await step([], [])).toEqual(["10.0.0.1/32 1.1.1.1/32"]);
  expect(await step([A], [])).toEqual([]);
  expect(await step([], [B])).toEqual([]);
  await stop();
});

test("a conflict of one pool leaves the others as they should be", async () => {
  const { kernel, pools, stop } = setUp({ gateways: [A], selectors: LAN }, { gateways: [B] });
  kernel.run("route add unreachable default table 180 proto 4");
  for (const { setHealthy } of pools) setHealthy(A, B);
  while (pools.some(({ reconciler: { standing } }) => !standing.ok && standing.code === "starting")) await Bun.sleep(1);
  expect(pools.map(({ reconciler }) => reconciler.standing)).toMatchObject([
    { ok: false, code: "conflict" },
    { ok: true },
  ]);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.2")).toBe(`${B}*1`);
  kernel.run("route del unreachable default table 180 proto 4");
  pools[0]!.reconciler.look();
  while (!pools[0]!.reconciler.standing.ok) await Bun.sleep(1);
  expect(kernel.lookup("8.8.8.8", 0, "10.78.0.2")).toBe(`${A}*1`);
  await stop();
});

test("what is removed goes last pool first, so that packets of one are not led through another on the way", async () => {
  const { kernel, pools, settled } = setUp({ gateways: [A], selectors: LAN }, { gateways: [B] });
  const done = settled();
  for (const { setHealthy } of pools) setHealthy(A, B);
  await done;
  kernel.runs.splice(0);
  const deadline = performance.now() + 1000;
  expect(await Promise.all([...pools].reverse().map(({ reconciler }) => reconciler.remove(deadline)))).toEqual([
    true,
    true,
  ]);
  const [first] = kernel.runs;
  const lookups = first!.flatMap((one) =>
    one.op === "delete-rule" && one.rule.kind === "lookup" ? one.rule.table : [],
  );
  expect(lookups).toEqual([181, 180]);
  expect([kernel.routes, kernel.rules]).toEqual([[], []]);
});
