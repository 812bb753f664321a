/** Reloads that change weights, tiers and what decides between tiers: which flows move, and when. */
import { afterEach, describe, expect, test } from "bun:test";

import type { FakeKernel } from "../fakes/kernel.ts";
import { answering, refusing } from "../fakes/gateway.ts";
import { gatewaysAt } from "../unit/routing/rings.fixture.ts";
import { ADDRESSES, type Form, type MemberForm, setUpGateways, start } from "./control-reload.fixture.ts";

const [A, B, C] = ADDRESSES;
const { gateways, configOf, reset } = setUpGateways();
afterEach(reset);

/** The pool `vpn` with these members beside one that has all gateways with weights of its own. */
const form = (members: readonly MemberForm[], more = ""): Form => ({
  pools: [
    { name: "vpn", members, from: "10.78.0.0/24", more },
    { name: "rest", members: [{ gateway: A, weight: 3 }, B, { gateway: C, tier: 2 }] },
  ],
});
const member = (gateway: string, weight = 1, tier = 1): MemberForm => ({ gateway, weight, tier });

const placesIn = ({ routes }: FakeKernel, table: number): string[] =>
  gatewaysAt(routes.find((route) => route.table === table && route.type === "unicast")!.nexthops);
const gatewaysIn = (kernel: FakeKernel): string[] => [...new Set(placesIn(kernel, 180))].sort();

/** Which share of all flows has gone from one gateway to another one, as "FROM TO". */
function movesBetween(before: readonly string[], after: readonly string[]): Record<string, number> {
  const moves: Record<string, number> = {};
  for (const [place, from] of before.entries()) {
    const to = after[place]!;
    if (from !== to) moves[`${from} ${to}`] = (moves[`${from} ${to}`] ?? 0) + 1 / before.length;
  }
  return moves;
}

/** Pools at work with the first members; `change` reloads, and returns the moves in the pool. */
async function setUp(members: readonly MemberForm[], more = "") {
  let config = configOf(form(members, more))!;
  const running = await start(config);
  const { kernel, reload, events } = running;
  const change = async (now: readonly MemberForm[], nowMore = more): Promise<Record<string, number>> => {
    const before = placesIn(kernel, 180);
    const commands = kernel.commands.length;
    config = configOf(form(now, nowMore), config)!;
    expect(await reload(config)).toMatchObject({ remaining: [] });
    expect(kernel.commands.slice(commands).filter((one) => /table 181|lookup 181/.test(one))).toEqual([]);
    return movesBetween(before, placesIn(kernel, 180));
  };
  const fail = async (...some: readonly string[]): Promise<void> => {
    for (const gateway of some) await running.turn(gateways.get(gateway)!, refusing);
  };
  const recover = async (...some: readonly string[]): Promise<void> => {
    for (const gateway of some) await running.turn(gateways.get(gateway)!, answering(200));
  };
  const tiersReported = (): number[] =>
    events.flatMap((event) => (event.type === "tier" && event.pool === "vpn" ? event.tier : []));
  return { ...running, change, fail, recover, tiersReported };
}

describe("a reload that changes weights alone", () => {
  test("moves only cells that change hands, of one pool alone", async () => {
    const { change } = await setUp([member(A), member(B), member(C)]);
    const moves = await change([member(A, 2), member(B), member(C)]);
    expect(Object.keys(moves).sort()).toEqual([`${B} ${A}`, `${C} ${A}`]);
    for (const share of Object.values(moves)) expect(share).toBeCloseTo(1 / 12, 2);
    const back = await change([member(A), member(B), member(C)]);
    expect(Object.keys(back).sort()).toEqual([`${A} ${B}`, `${A} ${C}`]);
  });

  test("to multiples of the same weights moves nothing", async () => {
    const { change } = await setUp([member(A, 2), member(B, 1), member(C, 1)]);
    expect(await change([member(A, 4), member(B, 2), member(C, 2)])).toEqual({});
  });

  test("lets a gateway that is down come back to its new share, and moves no flow between the others", async () => {
    const { change, fail, recover, kernel } = await setUp([member(A), member(B), member(C)]);
    await fail(C);
    expect(await change([member(A), member(B), member(C, 2)])).toEqual({});
    const before = placesIn(kernel, 180);
    await recover(C);
    const moves = movesBetween(before, placesIn(kernel, 180));
    expect(Object.keys(moves).sort()).toEqual([`${A} ${C}`, `${B} ${C}`]);
    expect(Object.values(moves).reduce((sum, one) => sum + one, 0)).toBeCloseTo(1 / 2, 1);
  });
});

describe("a reload that changes tiers", () => {
  test("takes a gateway out of the traffic when it gets a worse one, and moves no flow of the others", async () => {
    const { change, kernel, tiersReported } = await setUp([member(A), member(B), member(C)]);
    const moves = await change([member(A), member(B), member(C, 1, 2)]);
    expect(Object.keys(moves).sort()).toEqual([`${C} ${A}`, `${C} ${B}`]);
    expect(gatewaysIn(kernel)).toEqual([A, B]);
    expect(tiersReported()).toEqual([1]);
    expect(Object.keys(await change([member(A), member(B), member(C)])).sort()).toEqual([`${A} ${C}`, `${B} ${C}`]);
  });

  test("to other numbers in the same order moves nothing", async () => {
    const { change, tiersReported } = await setUp([member(A), member(B), member(C, 1, 2)]);
    expect(await change([member(A, 1, 10), member(B, 1, 10), member(C, 1, 20)])).toEqual({});
    expect(tiersReported()).toEqual([1, 10]);
  });

  test("of gateways that stand by moves nothing", async () => {
    const { change } = await setUp([member(A), member(B, 1, 2), member(C, 1, 3)]);
    expect(await change([member(A), member(B, 1, 3), member(C, 1, 2)])).toEqual({});
  });

  test("keeps traffic on a worse tier until the delay is over, also for a gateway that is new in the better one", async () => {
    const delay = 'tier-failback-delay = "600ms"';
    const { change, kernel } = await setUp([member(A), member(C, 1, 2)], delay);
    await change([member(A, 1, 2), member(B), member(C, 1, 3)], delay);
    expect(gatewaysIn(kernel)).toEqual([A]);
    while (gatewaysIn(kernel)[0] === A) await Bun.sleep(5);
    expect(gatewaysIn(kernel)).toEqual([B]);
  });
});

describe("a reload that changes what decides between tiers", () => {
  const TIERS = [member(A), member(B), member(C, 1, 2)];

  test("lets the next tier take over when the least number is raised above what is usable, and back", async () => {
    const { change, fail, kernel, tiersReported } = await setUp(TIERS);
    await fail(B);
    expect(gatewaysIn(kernel)).toEqual([A]);
    await change([member(A), member(B), member(C, 1, 2)], "tier-min = 2");
    expect(gatewaysIn(kernel)).toEqual([A]); // no tier has two
    await change(TIERS, 'tier-min = 2\ntier-shortage = "join"');
    expect(gatewaysIn(kernel)).toEqual([A, C]);
    await change(TIERS, 'tier-min = 1\ntier-shortage = "join"');
    expect(gatewaysIn(kernel)).toEqual([A]);
    expect(tiersReported()).toEqual([1, 2, 1]);
  });

  test("from joining to replacing, and back, moves no flow while the first tier carries all", async () => {
    const { change } = await setUp(TIERS, 'tier-shortage = "join"');
    expect(await change(TIERS, 'tier-shortage = "replace"')).toEqual({});
    expect(await change(TIERS, 'tier-shortage = "join"\ntier-min = 2')).toEqual({});
  });

  test("ends a delay at once that is shortened, and goes on with one that is not changed", async () => {
    const { change, fail, recover, kernel } = await setUp(TIERS, 'tier-failback-delay = "1h"');
    await fail(A, B);
    expect(gatewaysIn(kernel)).toEqual([C]);
    await recover(A, B);
    expect(gatewaysIn(kernel)).toEqual([C]);
    await Bun.sleep(300);
    expect(await change([member(A, 2), member(B), member(C, 1, 2)])).toEqual({}); // the delay goes on
    await change(TIERS, 'tier-failback-delay = "300ms"');
    expect(gatewaysIn(kernel)).toEqual([A, B]);
  });

  test("begins a delay that was none", async () => {
    const { change, fail, recover, kernel } = await setUp(TIERS);
    await fail(A, B);
    await change(TIERS, 'tier-failback-delay = "1h"');
    await recover(A, B);
    expect(gatewaysIn(kernel)).toEqual([C]);
  });
});

test("a gateway that is drained by a reload leaves by its weight, and comes back to its own cells", async () => {
  const members = [member(A, 2), member(B), member(C)];
  const config = configOf(form(members))!;
  const { kernel, reload } = await start(config);
  const before = placesIn(kernel, 180);
  await reload(configOf({ ...form(members), drained: [A] }, config)!);
  const drained = placesIn(kernel, 180);
  expect(Object.keys(movesBetween(before, drained)).sort()).toEqual([`${A} ${B}`, `${A} ${C}`]);
  await reload(configOf(form(members), config)!);
  expect(movesBetween(before, placesIn(kernel, 180))).toEqual({});
});
