/** The fake kernel of the unit tests and the kernel of Linux do the same. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { formatCidr, parseCidr } from "../../src/net/cidr.ts";
import { desiredState, NOTHING } from "../../src/routing/desired.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { removalOf } from "../../src/routing/orphans.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import { ruleText } from "../../src/routing/iproute2/policy-rules.ts";
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
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

/** Each command is a process, which takes long on a busy machine. */
setDefaultTimeout(60_000);

const hops = (...gateways: string[]): NextHop[] => gateways.map((gateway) => ({ gateway, weight: 1 }));

const desire = (
  nexthops: NextHop[],
  managed = ["0.0.0.0/0"],
  excluded = ["9.0.0.0/8"],
  reject?: RejectType,
): Desired => {
  const cidrs = (texts: string[]) => texts.map((text) => parseCidr(text)!);
  const destinations = { managed: cidrs(managed), excluded: cidrs(excluded), reserved: [], gateways: [] };
  return desiredState(destinations, cidrs(["10.0.0.0/24"]), nexthops, TABLE_REF, reject);
};

const unicast = (destination: string, nexthops: NextHop[]): Route => ({
  family: 4,
  table: 180,
  type: "unicast",
  destination: parseCidr(destination)!,
  metric: 0,
  nexthops,
});

describe.each([
  ["the fake kernel", openFakeKernel],
  ["the kernel of Linux", openLinuxKernel],
])("%s", (_, open) => {
  let tested: KernelUnderTest;
  let kernel: Kernel;

  beforeEach(async () => {
    tested = await open();
    kernel = tested.kernel;
  });
  afterEach(() => tested.close());

  const plan = async (desired: Desired, gateways: readonly string[] = []): Promise<Change[]> => [
    ...planChanges(await kernel.observe(TABLE_REF.table, gateways), desired, TABLE_REF, new Set()).changes,
  ];
  const reach = async (desired: Desired): Promise<void> => {
    expect(await kernel.apply(await plan(desired))).toEqual({ ok: true });
  };
  const table = async (): Promise<string[]> => {
    const { routes } = await kernel.observe(TABLE_REF.table, []);
    return routes
      .map((r) =>
        `${r.type} ${formatCidr(r.destination)} ${r.protocol} ${r.nexthops.map((h) => `${h.gateway}*${h.weight}`)}`.trim(),
      )
      .sort();
  };

  test("reports the connected networks and the gateways that cannot be nexthops", async () => {
    const { routes, connected, unusable } = await kernel.observe(TABLE_REF.table, [
      "10.0.0.11",
      "10.0.0.1",
      "172.30.0.1",
    ]);
    expect(routes).toEqual([]);
    expect(connected.map(formatCidr)).toContain("10.0.0.0/24");
    expect(unusable).toEqual([
      { gateway: "10.0.0.1", fault: { code: "own-address", detail: "it is an address of this machine itself" } },
      { gateway: "172.30.0.1", fault: { code: "no-route", detail: "no interface of this machine leads to it" } },
    ]);
  });

  test("holds the planned entries after they are applied, so that a second plan is empty", async () => {
    const desired = desire(hops("10.0.0.11", "10.0.0.12"));
    await reach(desired);
    expect(await plan(desired)).toEqual([]);
    expect(await table()).toEqual([
      "throw 10.0.0.0/24 173",
      "throw 9.0.0.0/8 173",
      "unicast 0.0.0.0/0 173 10.0.0.11*1,10.0.0.12*1",
    ]);
  });

  test("keeps the weights and repeated gateways of a multipath route", async () => {
    const ring = [...hops("10.0.0.11"), { gateway: "10.0.0.12", weight: 5 }, { gateway: "10.0.0.11", weight: 2 }];
    await reach(desire(ring));
    expect(await plan(desire(ring))).toEqual([]);
    await reach(desire(hops("10.0.0.13")));
    expect((await table()).at(-1)).toBe("unicast 0.0.0.0/0 173 10.0.0.13*1");
  });

  test("keeps the entries of other programs when ours are removed", async () => {
    await tested.runIp("route add 7.0.0.0/8 table 180 proto 4 nexthop via 10.0.0.12");
    await tested.runIp("route add unreachable default table 180 proto 4 metric 9");
    await tested.runIp("rule add pref 10888 from all lookup 180 protocol 4");
    const before = await kernel.observe(TABLE_REF.table, []);
    await reach(desire(hops("10.0.0.11")));
    await reach(NOTHING);
    expect(await kernel.observe(TABLE_REF.table, [])).toEqual(before);
  });

  test("stops at the first change that it rejects, and keeps the changes before it", async () => {
    const changes: Change[] = [
      { op: "replace-route", route: unicast("1.0.0.0/8", hops("10.0.0.11")), fresh: true },
      { op: "replace-route", route: unicast("2.0.0.0/8", hops("10.0.0.11", "172.30.0.1")), fresh: true },
      { op: "replace-route", route: unicast("3.0.0.0/8", hops("10.0.0.11")), fresh: true },
    ];
    expect(await kernel.apply(changes)).toEqual({
      ok: false,
      failed: changes[1]!,
      error: { code: "nexthop", detail: "the kernel rejected a change: Error: Nexthop has invalid gateway." },
    });
    expect(await table()).toEqual(["unicast 1.0.0.0/8 173 10.0.0.11*1"]);
  });

  test("shows that a gateway has moved to another interface, and replaces its route", async () => {
    const desired = desire(hops("10.0.0.11", "10.0.0.12"));
    const planWithDevices = () => plan(desired, ["10.0.0.11", "10.0.0.12"]);
    await reach(desired);
    expect(await planWithDevices()).toEqual([]);
    await tested.moveAddress();
    const changes = await planWithDevices();
    expect(changes.map(({ op }) => op)).toEqual(["replace-route"]);
    expect(await kernel.apply(changes)).toEqual({ ok: true });
    expect(await planWithDevices()).toEqual([]);
  });

  test("reports by trial which gateways it rejects as nexthops, and keeps no entry of the trial", async () => {
    await tested.rejectNexthop("172.30.0.9");
    const before = await kernel.observe(TABLE_REF.table, ["172.30.0.9"]);
    expect(before.unusable).toEqual([]);
    const rejected = await kernel.tryNexthops(["10.0.0.11", "172.30.0.9", "10.0.0.13"], TABLE_REF.table);
    expect(rejected.map(({ gateway }) => gateway)).toEqual(["172.30.0.9"]);
    expect(await kernel.observe(TABLE_REF.table, ["172.30.0.9"])).toEqual(before);
  });

  test("rejects an entry that is added twice and the deletion of one that does not exist", async () => {
    const [route] = desire([]).routes;
    expect(await kernel.apply([{ op: "add-route", route: route! }])).toEqual({ ok: true });
    expect(await kernel.apply([{ op: "add-route", route: route! }])).toMatchObject({ ok: false });
    const rule = { kind: "lookup", family: 4, preference: 5, table: 180 } as const;
    expect(await kernel.apply([{ op: "delete-rule", rule }])).toMatchObject({ ok: false });
    expect(await kernel.apply([{ op: "add-rule", rule }])).toEqual({ ok: true });
    expect(await kernel.apply([{ op: "add-rule", rule }])).toMatchObject({ ok: false });
  });

  test("deletes by type and protocol, so that another program's route to the same destination stays", async () => {
    await tested.runIp("route add unreachable default table 180 proto 4 metric 4294967295");
    await reach(desire(hops("10.0.0.11")));
    await reach(desire([]));
    expect(await table()).toContain("unreachable 0.0.0.0/0 4");
  });

  test("keeps the rejecting route behind the managed route when the managed route is deleted", async () => {
    await reach(desire(hops("10.0.0.11"), undefined, undefined, "prohibit"));
    await reach(desire([], undefined, undefined, "prohibit"));
    expect(await table()).toEqual(["prohibit 0.0.0.0/0 173", "throw 10.0.0.0/24 173", "throw 9.0.0.0/8 173"]);
  });

  test("deletes exactly the named rule among similar ones", async () => {
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
      (await kernel.observe(TABLE_REF.table, [])).rules.filter(({ protocol }) => protocol === PROTOCOL).map(ruleKey);
    for (const rule of rules) expect(await kernel.apply([{ op: "add-rule", rule }])).toEqual({ ok: true });
    const left = rules.map(ruleKey);
    expect((await present()).sort()).toEqual([...left].sort());
    for (const rule of rules.toReversed()) {
      expect(await kernel.apply([{ op: "delete-rule", rule }])).toEqual({ ok: true });
      left.pop();
      expect((await present()).sort()).toEqual([...left].sort());
    }
  });

  test("shows that the target of the exemptions is missing, and rejects each rule that is added twice", async () => {
    const desired = desire(hops("10.0.0.11"), undefined, undefined, "unreachable");
    await reach(desired);
    await tested.runIp(`rule del pref ${TABLE_REF.preference + 3} from all nop protocol 173`);
    expect((await plan(desired)).map(({ op }) => op)).toEqual(["add-rule"]);
    await reach(desired);
    expect(await plan(desired)).toEqual([]);
    for (const rule of desired.rules) {
      expect(await kernel.apply([{ op: "add-rule", rule }])).toMatchObject({ ok: false });
    }
  });

  test("lists marked entries of another table and a marked kill switch behind another preference as orphans", async () => {
    await tested.runIp("route add throw 8.0.0.0/8 table 190 proto 173");
    await tested.runIp("rule add pref 9000 from all lookup 190 protocol 173");
    await tested.runIp("route add throw 8.0.0.0/8 table 191 proto 4");
    await reach(desire(hops("10.0.0.11")));
    await tested.runIp("rule add pref 9002 from all to 1.0.0.0/8 prohibit protocol 173");
    const [killSwitch, table, ...more] = await kernel.orphans([{ tableRef: TABLE_REF }]);
    expect(more).toEqual([]);
    expect(killSwitch).toMatchObject({ kind: "kill-switch", base: 9000, rules: [{ kind: "reject" }] });
    expect(table).toMatchObject({ table: 190, rules: [{ preference: 9000 }], routes: [{ type: "throw" }] });
    for (const one of [killSwitch!, table!]) expect(await kernel.apply(removalOf(one))).toEqual({ ok: true });
    expect(await kernel.orphans([{ tableRef: TABLE_REF }])).toEqual([]);
  });

  test("reads the routes of a table one by one, those of an empty table too", async () => {
    await tested.runIp("route add throw 8.0.0.0/8 table 190 proto 4");
    await tested.runIp("route add default table 190 nexthop via 10.0.0.11 nexthop via 10.0.0.12");
    await tested.runIp("route add unreachable 9.9.9.9/32 table 190 metric 5");
    const visited: string[] = [];
    await kernel.visitRoutes(190, ({ type, destination }) => visited.push(`${type} ${formatCidr(destination)}`));
    await kernel.visitRoutes(191, () => visited.push("a route of an empty table"));
    await kernel.visitRoutes(190, () => visited.push("a route of IPv6"), 6);
    expect(visited.sort()).toEqual(["throw 8.0.0.0/8", "unicast 0.0.0.0/0", "unreachable 9.9.9.9/32"]);
  });

  test("lists all rules in the order in which it asks them", async () => {
    await tested.runIp("rule add pref 11000 from all lookup 7");
    await tested.runIp("rule add pref 9000 from all lookup 190 protocol 173");
    const { policies } = await kernel.observe(TABLE_REF.table, []);
    const rules = policies.filter(({ preference }) => preference > 0 && preference < 32766);
    expect(rules.map((rule) => [ruleText(rule), rule.protocol])).toEqual([
      ["9000: from all lookup 190", 173],
      ["11000: from all lookup 7", 0],
    ]);
  });

  test("says where packets with a mark go now", async () => {
    const mark = (preference: number, table: number): Change => {
      return {
        op: "add-rule",
        rule: { kind: "mark", family: 4, preference, mark: 0xad000001, mask: 0xff0000ff, table },
      };
    };
    const route = (table: number, more: Partial<Route>): Change => {
      return { op: "add-route", route: { ...unicast("0.0.0.0/0", []), table, ...more } };
    };
    const nexthops = [{ gateway: "10.0.0.11", weight: 1 }];
    expect(await kernel.routeOf("8.8.8.8", 0xad000001)).toBeUndefined();
    await kernel.apply([
      route(18002, { type: "unreachable" }),
      route(18001, { destination: parseCidr("8.0.0.0/8")!, nexthops }),
      mark(101, 18002),
      mark(100, 18001),
    ]);
    expect(await kernel.routeOf("8.8.8.8", 0xad000001)).toEqual({ table: 18001, gateway: "10.0.0.11" });
    expect(await kernel.routeOf("9.9.9.9", 0xad000001)).toBeUndefined();
    expect(await kernel.routeOf("8.8.8.8", 0xad000002)).toBeUndefined();
  });

  test("reports a change of the table as it happens", async () => {
    const { promise: reported, resolve } = Promise.withResolvers<boolean>();
    const watch = kernel.watch((event) => {
      if (event.kind === "route" && event.table === TABLE_REF.table) resolve(true);
    });
    // `ip monitor` does not say when it has begun to listen: changes are made until one is reported.
    let isReported = false;
    for (let metric = 1; metric < 500 && !isReported; metric++) {
      await tested.runIp(`route add throw 6.0.0.0/8 table 180 proto 4 metric ${metric}`);
      isReported = await Promise.race([reported, Bun.sleep(10).then(() => false)]);
    }
    watch.stop();
    expect(isReported).toBe(true);
  });

  test("reaches each state of a random walk, after which a plan for that state is empty", async () => {
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
