import { afterEach, beforeEach, describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatCidr, parseCidr } from "../../src/net/cidr.ts";
import { desiredState, NOTHING } from "../../src/routing/desired.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { removalOf } from "../../src/routing/orphans.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import { planChanges } from "../../src/routing/plan.ts";
import {
  type Change,
  type Desired,
  type NextHop,
  PROTOCOL,
  type RejectType,
  type Route,
  type Rule,
} from "../../src/routing/types.ts";
import { type Bench, fakeBench, PLACE, realBench } from "./kernel.fixture.ts";

const hops = (...gateways: string[]): NextHop[] => gateways.map((gateway) => ({ gateway, weight: 1 }));

const desire = (
  nexthops: NextHop[],
  managed = ["0.0.0.0/0"],
  excluded = ["9.0.0.0/8"],
  refusing?: RejectType,
): Desired => {
  const cidrs = (texts: string[]) => texts.map((text) => parseCidr(text)!);
  const destinations = { managed: cidrs(managed), excluded: cidrs(excluded), reserved: [], gateways: [] };
  return desiredState(destinations, cidrs(["10.0.0.0/24"]), nexthops, PLACE, refusing);
};

const unicast = (destination: string, nexthops: NextHop[]): Route => ({
  family: 4,
  type: "unicast",
  destination: parseCidr(destination)!,
  metric: 0,
  nexthops,
});

describe.each([
  ["a fake kernel", fakeBench],
  ["Linux", realBench],
])("%s", (_, open) => {
  let bench: Bench;
  let kernel: Kernel;

  beforeEach(async () => {
    bench = await open();
    kernel = bench.kernel;
  });
  afterEach(() => bench.close());

  const plan = async (desired: Desired): Promise<Change[]> => [
    ...planChanges(await kernel.observe(PLACE.table, []), desired, PLACE, new Set()).changes,
  ];
  const reach = async (desired: Desired): Promise<void> => {
    expect(await kernel.apply(await plan(desired), PLACE.table)).toEqual({ ok: true });
  };
  const table = async (): Promise<string[]> => {
    const { routes } = await kernel.observe(PLACE.table, []);
    return routes
      .map((r) =>
        `${r.type} ${formatCidr(r.destination)} ${r.protocol} ${r.nexthops.map((h) => `${h.gateway}*${h.weight}`)}`.trim(),
      )
      .sort();
  };

  test("tells connected networks and the gateways that cannot be nexthops", async () => {
    const { routes, connected, unusable } = await kernel.observe(PLACE.table, ["10.0.0.11", "10.0.0.1", "172.30.0.1"]);
    expect(routes).toEqual([]);
    expect(connected.map(formatCidr)).toContain("10.0.0.0/24");
    expect(unusable).toEqual([
      { gateway: "10.0.0.1", fault: { code: "own-address", detail: "it is an address of this machine itself" } },
      { gateway: "172.30.0.1", fault: { code: "no-route", detail: "no interface of this machine leads to it" } },
    ]);
  });

  test("holds what was planned: planning again is empty", async () => {
    const desired = desire(hops("10.0.0.11", "10.0.0.12"));
    await reach(desired);
    expect(await plan(desired)).toEqual([]);
    expect(await table()).toEqual([
      "throw 10.0.0.0/24 173",
      "throw 9.0.0.0/8 173",
      "unicast 0.0.0.0/0 173 10.0.0.11*1,10.0.0.12*1",
    ]);
  });

  test("holds weights and gateways that stand in a route several times", async () => {
    const ring = [...hops("10.0.0.11"), { gateway: "10.0.0.12", weight: 5 }, { gateway: "10.0.0.11", weight: 2 }];
    await reach(desire(ring));
    expect(await plan(desire(ring))).toEqual([]);
    await reach(desire(hops("10.0.0.13")));
    expect((await table()).at(-1)).toBe("unicast 0.0.0.0/0 173 10.0.0.13*1");
  });

  test("keeps everything else when we leave", async () => {
    await bench.meddle("route add 7.0.0.0/8 table 180 proto 4 nexthop via 10.0.0.12");
    await bench.meddle("route add unreachable default table 180 proto 4 metric 9");
    await bench.meddle("rule add pref 10888 from all lookup 180 protocol 4");
    const before = await kernel.observe(PLACE.table, []);
    await reach(desire(hops("10.0.0.11")));
    await reach(NOTHING);
    expect(await kernel.observe(PLACE.table, [])).toEqual(before);
  });

  test("stops at the first change that is refused, and keeps what came before", async () => {
    const changes: Change[] = [
      { op: "replace-route", route: unicast("1.0.0.0/8", hops("10.0.0.11")), fresh: true },
      { op: "replace-route", route: unicast("2.0.0.0/8", hops("10.0.0.11", "172.30.0.1")), fresh: true },
      { op: "replace-route", route: unicast("3.0.0.0/8", hops("10.0.0.11")), fresh: true },
    ];
    expect(await kernel.apply(changes, PLACE.table)).toEqual({
      ok: false,
      failed: changes[1]!,
      error: { code: "nexthop", detail: "the kernel rejected a change: Error: Nexthop has invalid gateway." },
    });
    expect(await table()).toEqual(["unicast 1.0.0.0/8 173 10.0.0.11*1"]);
  });

  test("shows when a gateway has moved to another interface, and lets its route follow", async () => {
    const desired = desire(hops("10.0.0.11", "10.0.0.12"));
    const planHere = async () => {
      const { changes } = planChanges(
        await kernel.observe(PLACE.table, ["10.0.0.11", "10.0.0.12"]),
        desired,
        PLACE,
        new Set(),
      );
      return [...changes];
    };
    await reach(desired);
    expect(await planHere()).toEqual([]);
    await bench.moveAddress();
    const changes = await planHere();
    expect(changes.map(({ op }) => op)).toEqual(["replace-route"]);
    expect(await kernel.apply(changes, PLACE.table)).toEqual({ ok: true });
    expect(await planHere()).toEqual([]);
  });

  test("tells by trial which gateways it refuses, and keeps no trace of the trial", async () => {
    await bench.begrudge("172.30.0.9");
    const before = await kernel.observe(PLACE.table, ["172.30.0.9"]);
    expect(before.unusable).toEqual([]);
    const refused = await kernel.tryNextHops(["10.0.0.11", "172.30.0.9", "10.0.0.13"], PLACE.table);
    expect(refused.map(({ gateway }) => gateway)).toEqual(["172.30.0.9"]);
    expect(await kernel.observe(PLACE.table, ["172.30.0.9"])).toEqual(before);
  });

  test("refuses to add what is there and to delete what is not", async () => {
    const [route] = desire([]).routes;
    expect(await kernel.apply([{ op: "add-route", route: route! }], 180)).toEqual({ ok: true });
    expect(await kernel.apply([{ op: "add-route", route: route! }], 180)).toMatchObject({ ok: false });
    const rule = { kind: "lookup", family: 4, preference: 5, table: 180 } as const;
    expect(await kernel.apply([{ op: "delete-rule", rule }], 180)).toMatchObject({ ok: false });
    expect(await kernel.apply([{ op: "add-rule", rule }], 180)).toEqual({ ok: true });
    expect(await kernel.apply([{ op: "add-rule", rule }], 180)).toMatchObject({ ok: false });
  });

  test("deletes by type and protocol: a guard of somebody else at the same destination stays", async () => {
    await bench.meddle("route add unreachable default table 180 proto 4 metric 4294967295");
    await reach(desire(hops("10.0.0.11")));
    await reach(desire([]));
    expect(await table()).toContain("unreachable 0.0.0.0/0 4");
  });

  test("holds what is refused behind the managed route, and keeps it when that one goes", async () => {
    await reach(desire(hops("10.0.0.11"), undefined, undefined, "prohibit"));
    await reach(desire([], undefined, undefined, "prohibit"));
    expect(await table()).toEqual(["prohibit 0.0.0.0/0 173", "throw 10.0.0.0/24 173", "throw 9.0.0.0/8 173"]);
  });

  test("takes away exactly the rule that is named, of many that look alike", async () => {
    const common = { family: 4, preference: 7 } as const;
    const of = (text: string) => parseCidr(text)!;
    const rules: Rule[] = [
      ...["1.0.0.0/8", "1.0.0.0/9", "1.0.0.1/32", "128.0.0.0/1"].flatMap((text): Rule[] => [
        { ...common, kind: "reject", to: of(text), how: "unreachable" },
        { ...common, kind: "reject", to: of(text), how: "blackhole" },
        { ...common, kind: "goto", to: of(text), target: 8 },
      ]),
      { ...common, kind: "lookup", table: 180 },
      { ...common, kind: "lookup", table: 181 },
      { ...common, preference: 8, kind: "nop" },
    ];
    const present = async () =>
      (await kernel.observe(PLACE.table, [])).rules.filter(({ protocol }) => protocol === PROTOCOL).map(ruleKey);
    for (const rule of rules) expect(await kernel.apply([{ op: "add-rule", rule }], 180)).toEqual({ ok: true });
    const left = rules.map(ruleKey);
    expect((await present()).sort()).toEqual([...left].sort());
    for (const rule of rules.toReversed()) {
      expect(await kernel.apply([{ op: "delete-rule", rule }], 180)).toEqual({ ok: true });
      left.pop();
      expect((await present()).sort()).toEqual([...left].sort());
    }
  });

  test("sees a way past that leads nowhere, and refuses to add what is there", async () => {
    const desired = desire(hops("10.0.0.11"), undefined, undefined, "unreachable");
    await reach(desired);
    await bench.meddle(`rule del pref ${PLACE.preference + 3} from all nop protocol 173`);
    expect((await plan(desired)).map(({ op }) => op)).toEqual(["add-rule"]);
    await reach(desired);
    expect(await plan(desired)).toEqual([]);
    for (const rule of desired.rules) {
      expect(await kernel.apply([{ op: "add-rule", rule }], 180)).toMatchObject({ ok: false });
    }
  });

  test("lists what another table of ours still holds, and what is refused behind another preference", async () => {
    await bench.meddle("route add throw 8.0.0.0/8 table 190 proto 173");
    await bench.meddle("rule add pref 9000 from all lookup 190 protocol 173");
    await bench.meddle("route add throw 8.0.0.0/8 table 191 proto 4");
    await reach(desire(hops("10.0.0.11")));
    await bench.meddle("rule add pref 9002 from all to 1.0.0.0/8 prohibit protocol 173");
    const [guard, orphan, ...more] = await kernel.orphans([PLACE]);
    expect(more).toEqual([]);
    expect(guard).toMatchObject({ kind: "kill-switch", base: 9000, rules: [{ kind: "reject" }] });
    expect(orphan).toMatchObject({ table: 190, rules: [{ preference: 9000 }], routes: [{ type: "throw" }] });
    for (const one of [guard!, orphan!]) expect(await kernel.apply(removalOf(one), 190)).toEqual({ ok: true });
    expect(await kernel.orphans([PLACE])).toEqual([]);
  });

  test("reports a change of the table as it happens", async () => {
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    let ready = () => {};
    const watching = new Promise<void>((done) => (ready = done));
    const watch = kernel.watch((event) =>
      event.kind === "route" && event.table === PLACE.table ? resolve() : undefined,
    );
    // A monitor of another process starts when it likes: poke until it hears.
    const poke = async (): Promise<void> => {
      for (let metric = 1; metric < 500; metric++) {
        await bench.meddle(`route add throw 6.0.0.0/8 table 180 proto 4 metric ${metric}`);
        if (await Promise.race([heard.then(() => true), Bun.sleep(10)])) return ready();
      }
    };
    await Promise.all([poke(), watching, heard]);
    watch.stop();
  });

  test("follows any walk of states", async () => {
    const state = fc
      .tuple(
        fc.constantFrom(hops(), hops("10.0.0.11"), hops("10.0.0.11", "10.0.0.12"), hops("10.0.0.13", "10.0.0.11")),
        fc.subarray(["0.0.0.0/0", "1.0.0.0/8", "1.2.0.0/16"]),
        fc.subarray(["0.0.0.0/8", "1.0.0.0/8", "1.2.3.0/24", "9.0.0.0/8"]),
        fc.constantFrom(undefined, "unreachable" as const, "prohibit" as const, "blackhole" as const),
      )
      .map((parts) => desire(...parts));
    const walk = fc.array(fc.oneof(state, fc.constant(NOTHING)), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(walk, async (states) => {
        for (const desired of states) {
          await reach(desired);
          expect(await plan(desired)).toEqual([]);
        }
      }),
      { numRuns: 15 },
    );
  });
});
