/** Reloads that give pools other gateways, weights and tiers: which packets go where meanwhile. */
import { afterEach, describe, expect, test } from "bun:test";

import { hanging, refusing, slow } from "../fakes/gateway.ts";
import { ADDRESSES, type Form, type PoolForm, setUpGateways, start, watchPackets } from "./control-reload.fixture.ts";

const [A, B, C] = ADDRESSES;
const { gateways, configOf, reset } = setUpGateways();
afterEach(reset);

const CLIENT = "10.78.0.5";
const FROM = "10.78.0.0/24";
const REJECTS = 'when-no-gateways = "unreachable"';

const vpn = (members: PoolForm["members"], more = "", name = "vpn"): PoolForm => ({ name, members, from: FROM, more });
/** No probe may fail. */
const PATIENT = { limit: "5s" };
const REST: PoolForm = { name: "rest", members: [C] };

/** The pools at work, and where packets of the client went while others took their place. */
async function replace(before: Form, after: Form) {
  const config = configOf(before)!;
  const running = await start(config);
  const seen = watchPackets(running.kernel, CLIENT);
  const outcome = await running.reload(configOf(after, config)!);
  return { ...running, seen, outcome };
}

const gatewayIn = (text: string): string | undefined => ADDRESSES.find((address) => text.includes(address));

describe("a pool whose gateways are all new ones", () => {
  for (const more of ["", REJECTS]) {
    const which = more === "" ? "without a kill switch" : "with a kill switch";

    test(`goes on over the earlier ones until the first probes of the new ones have ended, ${which}`, async () => {
      gateways.get(B)!.becomes(slow(300));
      const { seen, outcome, control } = await replace(
        { pools: [vpn([A], more), REST], ...PATIENT },
        { pools: [vpn([B], more), REST], ...PATIENT },
      );
      expect(seen.map(gatewayIn)).toEqual([A, B]);
      expect(outcome.standings.every(({ standing }) => standing.ok)).toBe(true);
      expect(control.standings.every(({ ok }) => ok)).toBe(true);
    });

    test(`takes the packets of the earlier pool without losing one, also with another name, ${which}`, async () => {
      gateways.get(B)!.becomes(slow(300));
      const { seen, kernel } = await replace(
        { pools: [vpn([A], more), REST], ...PATIENT },
        { pools: [vpn([B], more, "tunnel"), REST], ...PATIENT },
      );
      expect(seen.map(gatewayIn)).toEqual([A, B]);
      expect(kernel.rules.filter(({ kind }) => kind === "lookup").length).toBe(2);
    });
  }

  test("rejects packets once these are found down, and uses no earlier one any more", async () => {
    gateways.get(B)!.becomes(refusing);
    const { seen } = await replace({ pools: [vpn([A], REJECTS), REST] }, { pools: [vpn([B], REJECTS), REST] });
    expect(seen.map((one) => gatewayIn(one) ?? one)).toEqual([A, "unreachable"]);
  });

  test("goes on over the earlier ones while the kernel is read anew for any other reason", async () => {
    gateways.get(B)!.becomes(slow(400));
    const config = configOf({ pools: [vpn([A]), REST], ...PATIENT })!;
    const { kernel, control, reload } = await start(config);
    const seen = watchPackets(kernel, CLIENT);
    const done = reload(configOf({ pools: [vpn([B]), REST], ...PATIENT }, config)!);
    for (let round = 0; round < 10; round++) {
      await Bun.sleep(20);
      control.onKernelEvent({ kind: "overflow" });
      expect(control.standings[0]).toEqual({ ok: true });
    }
    await done;
    expect(seen.map(gatewayIn)).toEqual([A, B]);
  });
});

test("a new pool with a kill switch rejects nothing before it knows which of its gateways are up", async () => {
  gateways.get(B)!.becomes(slow(300));
  const { seen } = await replace({ pools: [REST], ...PATIENT }, { pools: [vpn([B], REJECTS), REST], ...PATIENT });
  expect(seen.map(gatewayIn)).toEqual([C, B]);
});

test("a pool whose gateways do not answer at all rejects packets before the pool that it replaces is removed", async () => {
  gateways.get(B)!.becomes(hanging);
  const { seen } = await replace({ pools: [vpn([A], REJECTS), REST] }, { pools: [vpn([B], REJECTS, "tunnel"), REST] });
  expect(seen.map((one) => gatewayIn(one) ?? one)).toEqual([A, "unreachable"]);
});

describe("a kernel that rejects", () => {
  test("a new gateway as a nexthop leaves that one out, and moves no flow of the others", async () => {
    const config = configOf({ pools: [vpn([A, B]), REST] })!;
    const { kernel, reload, control } = await start(config);
    const before = watchPackets(kernel, CLIENT);
    kernel.rejectedNexthops.add(C);
    expect(await reload(configOf({ pools: [vpn([A, B, C]), REST] }, config)!)).toMatchObject({ remaining: [] });
    expect(before).toHaveLength(1);
    expect(control.standings[0]).toEqual({ ok: true });
    kernel.rejectedNexthops.delete(C);
    control.onKernelEvent({ kind: "overflow" });
    while (before.length === 1) await Bun.sleep(5);
    expect(before.at(-1)).toContain(C);
  });

  test("every change leaves the earlier state, says so, and gets there once it does not any more", async () => {
    const config = configOf({ pools: [vpn([A, B], REJECTS), REST] })!;
    const { kernel, reload, control, settled } = await start(config);
    const before = watchPackets(kernel, CLIENT);
    const apply = kernel.apply.bind(kernel);
    const detail = "the kernel rejected a change";
    kernel.apply = async ([failed]) => ({ ok: false, failed, error: { code: "rejected", detail } });
    const changed = configOf({ pools: [vpn([{ gateway: A, weight: 3 }, B], REJECTS, "tunnel"), REST] }, config)!;
    const { standings, remaining } = await reload(changed);
    expect(standings.map(({ name, standing }) => [name, standing.ok])).toEqual([
      ["tunnel", false],
      ["rest", true],
    ]);
    expect(remaining).toEqual(["vpn"]);
    expect(before).toHaveLength(1);
    kernel.apply = apply;
    while (control.leaving.length > 0) await Bun.sleep(20);
    await settled();
    expect(before.map(gatewayIn).every((gateway) => gateway !== undefined)).toBe(true);
    expect(kernel.rules.some(({ preference }) => preference === config.pools[0].preference)).toBe(false);
  });
});
