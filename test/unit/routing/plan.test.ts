import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type Cidr, formatCidr, networkOf, parseCidr } from "../../../src/net/cidr.ts";
import { formatIpv4 } from "../../../src/net/ipv4.ts";
import { commandOf } from "../../../src/routing/batch.ts";
import { type Destinations, desiredState, NOTHING } from "../../../src/routing/desired.ts";
import { planChanges } from "../../../src/routing/plan.ts";
import type { Desired, NextHop } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

const PLACE = { table: 180, preference: 10888 };
const NOBODY: ReadonlySet<string> = new Set();

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);
const hops = (...gateways: string[]): NextHop[] => gateways.map((gateway) => ({ gateway, weight: 1 }));

const destinations = (changes: Partial<Destinations> = {}): Destinations => ({
  managed: cidrs("0.0.0.0/0"),
  excluded: [],
  reserved: [],
  gateways: cidrs("10.0.0.11/32"),
  ...changes,
});

const desire = (changes?: Partial<Destinations>, nexthops = hops("10.0.0.11", "10.0.0.12")): Desired =>
  desiredState(destinations(changes), cidrs("10.0.0.0/24"), nexthops, PLACE);

/** Plans from what the fake kernel holds and returns the commands. */
async function planned(kernel: FakeKernel, desired: Desired, held = NOBODY): Promise<string[]> {
  const plan = planChanges(await kernel.observe([]), desired, PLACE, held);
  return plan.changes.map((change) => commandOf(change, PLACE.table).join(" "));
}

const kernelWith = (...commands: string[]): FakeKernel => {
  const kernel = new FakeKernel(PLACE.table);
  for (const command of commands) expect(kernel.run(command)).toBeUndefined();
  return kernel;
};

const OWN = "table 180 proto 173";
const RULE = "rule add pref 10888 from all lookup 180 protocol 173";

describe("planning", () => {
  test("sets up exclusions, then the managed route, then the rule", async () => {
    expect(await planned(kernelWith(), desire({ excluded: cidrs("9.0.0.0/8") }))).toEqual([
      `route add throw 10.0.0.11/32 ${OWN}`,
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route add throw 9.0.0.0/8 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
      RULE,
    ]);
  });

  test("takes down in the other order: the rule first, exclusions last", async () => {
    const kernel = kernelWith(
      `route add throw 10.0.0.0/24 ${OWN}`,
      `route replace default ${OWN} nexthop via 10.0.0.11`,
      RULE,
    );
    expect(await planned(kernel, NOTHING)).toEqual([
      "rule del pref 10888 from all lookup 180 protocol 173",
      `route del unicast default ${OWN}`,
      `route del throw 10.0.0.0/24 ${OWN}`,
    ]);
  });

  test("without a usable gateway only the managed routes go", async () => {
    const kernel = kernelWith();
    await kernel.apply(planChanges(await kernel.observe([]), desire(), PLACE, NOBODY).changes, PLACE.table);
    expect(await planned(kernel, desire({}, []))).toEqual([`route del unicast default ${OWN}`]);
  });

  test("a change of members is one atomic replace", async () => {
    const kernel = kernelWith();
    await kernel.apply(planChanges(await kernel.observe([]), desire(), PLACE, NOBODY).changes, PLACE.table);
    expect(await planned(kernel, desire({}, hops("10.0.0.12")))).toEqual([
      `route replace default ${OWN} nexthop via 10.0.0.12`,
    ]);
  });

  test("equal shares in another notation are no change", async () => {
    const kernel = kernelWith(
      `route replace default ${OWN} nexthop via 10.0.0.11 weight 2 nexthop via 10.0.0.12 weight 2`,
    );
    expect(await planned(kernel, desire())).not.toContainEqual(expect.stringContaining("default"));
  });

  test("an old rule goes only when the new one stands", async () => {
    const kernel = kernelWith("rule add pref 9000 from all lookup 180 protocol 173");
    expect((await planned(kernel, desire())).slice(-2)).toEqual([
      RULE,
      "rule del pref 9000 from all lookup 180 protocol 173",
    ]);
  });
});

describe("what belongs to others", () => {
  const foreign = [
    "route add 9.9.9.0/24 table 180 proto 4 nexthop via 10.0.0.12",
    "route add throw 8.0.0.0/8 table 180 proto 4",
    "rule add pref 10888 from all lookup 180 protocol 4",
    "rule add pref 10888 from all lookup 99 protocol 173",
  ];

  test("is left alone by set-up and by removal", async () => {
    for (const desired of [desire(), NOTHING]) {
      const commands = (await planned(kernelWith(...foreign), desired)).join("\n");
      expect(commands).not.toMatch(/del|9\.9\.9|8\.0\.0\.0|lookup 99/);
    }
  });

  test("at a key that we want is a conflict, and nothing is done there", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    const plan = planChanges(await kernel.observe([]), desire(), PLACE, NOBODY);
    expect(plan.conflicts.map(({ key }) => key)).toEqual(["route 0.0.0.0/0"]);
    expect(plan.changes.map((change) => commandOf(change, 180).join(" "))).not.toContainEqual(
      expect.stringContaining("default"),
    );
  });

  test("is put back as ours where ours was overwritten", async () => {
    const kernel = kernelWith("route add default table 180 proto 4 nexthop via 10.0.0.99");
    expect(await planned(kernel, desire(), new Set(["route 0.0.0.0/0"]))).toContain(
      `route replace default ${OWN} nexthop via 10.0.0.11 nexthop via 10.0.0.12`,
    );
  });
});

describe("properties", () => {
  /** Networks that nest and touch, so that every kind of overlap comes up. */
  const network = fc
    .tuple(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.constantFrom(0, 1, 2, 3))
    .map(([prefix, bits]) => networkOf((bits << 22) >>> 0, prefix));
  const networks = fc.uniqueArray(network, { maxLength: 5, selector: formatCidr });
  const nexthops = fc.constantFrom(hops(), hops("10.0.0.11"), hops("10.0.0.11", "10.0.0.12"), hops("10.0.0.13"));
  const state = fc
    .record({ managed: networks, excluded: networks, reserved: networks, nexthops })
    .map(({ nexthops, ...rest }) => desiredState(destinations(rest), cidrs("10.0.0.0/24"), nexthops, PLACE));
  const anyState = fc.oneof({ weight: 5, arbitrary: state }, { weight: 1, arbitrary: fc.constant(NOTHING) });

  const samples = Array.from({ length: 64 }, (_, index) => formatIpv4((index << 20) >>> 0)).concat(
    "10.0.0.11",
    "200.1.1.1",
  );
  const decisions = (kernel: FakeKernel): string[] => samples.map((address) => kernel.lookup(address));

  async function settle(kernel: FakeKernel, desired: Desired): Promise<void> {
    const { changes } = planChanges(await kernel.observe([]), desired, PLACE, NOBODY);
    expect(await kernel.apply(changes, PLACE.table)).toEqual({ ok: true });
  }

  test("planning what is already there is empty", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, async (first, second) => {
        const kernel = new FakeKernel(PLACE.table);
        await settle(kernel, first);
        await settle(kernel, second);
        expect(await planned(kernel, second)).toEqual([]);
      }),
    );
  });

  test("after every step each destination goes where it went before or where it will go in the end", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, anyState, fc.boolean(), async (first, second, ruleLost) => {
        const kernel = new FakeKernel(PLACE.table);
        await settle(kernel, first);
        if (ruleLost) kernel.rules = [];
        const before = decisions(kernel);
        const goal = new FakeKernel(PLACE.table);
        await settle(goal, second);
        const after = decisions(goal);
        for (const change of planChanges(await kernel.observe([]), second, PLACE, NOBODY).changes) {
          await kernel.apply([change], PLACE.table);
          decisions(kernel).forEach((now, index) => expect([before[index], after[index]]).toContain(now));
        }
        expect(decisions(kernel)).toEqual(after);
      }),
      { numRuns: 300 },
    );
  });

  test("removal leaves exactly what was there before us", async () => {
    await fc.assert(
      fc.asyncProperty(anyState, async (wanted) => {
        const kernel = kernelWith(
          "route add throw 77.0.0.0/8 table 180 proto 4",
          "rule add pref 5 from all lookup 7 protocol 4",
        );
        const before = JSON.stringify([kernel.routes, kernel.rules]);
        await settle(kernel, wanted);
        await settle(kernel, NOTHING);
        expect(JSON.stringify([kernel.routes, kernel.rules])).toBe(before);
      }),
    );
  });
});
