/** The fake kernel of the unit tests and the kernel of Linux do the same in IPv6. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { FAMILIES } from "../../src/net/address.ts";
import { type Cidr, formatCidr, parseCidr, parseHost } from "../../src/net/cidr.ts";
import { desiredState, NOTHING } from "../../src/routing/desired.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { groupIdOf, MOST_SLOTS, slotIdsOf } from "../../src/routing/nexthop-ids.ts";
import { objectsFor } from "../../src/routing/nexthop-slots.ts";
import { removalOf } from "../../src/routing/orphans.ts";
import { planChanges } from "../../src/routing/plan.ts";
import {
  type Change,
  type Desired,
  type NextHop,
  type Observed,
  PROTOCOL,
  type RejectType,
  type Rule,
} from "../../src/routing/types.ts";
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

/** Each command is a process, which takes long on a busy machine. */
setDefaultTimeout(60_000);

const [A, B, C] = ["fd00:77::a", "fd00:77::b", "fd00:77::c"] as const;
const GATEWAYS = [A, B, C];
const GROUP = groupIdOf(TABLE_REF.table);
const SLOTS = 12;

const cidrs = (texts: readonly string[]): Cidr[] => texts.map((text) => parseCidr(text, [6])!);
const hops = (...gateways: string[]): NextHop[] => gateways.map((gateway) => ({ gateway, weight: 1 }));

describe.each([
  ["the fake kernel", openFakeKernel],
  ["the kernel of Linux", () => openLinuxKernel(FAMILIES)],
])("%s", (_, open) => {
  let tested: KernelUnderTest;
  let kernel: Kernel;

  beforeEach(async () => {
    tested = await open();
    kernel = tested.kernel;
  });
  afterEach(() => tested.close());

  const observe = (gateways: readonly string[] = GATEWAYS): Promise<Observed> =>
    kernel.observe(TABLE_REF.table, gateways, undefined, 6);

  /** What is wanted on the kernel as it is now. */
  const desire = async (
    nexthops: NextHop[],
    managed: readonly string[] = ["::/0"],
    excluded: readonly string[] = ["2001:db8::/32"],
    reject?: RejectType,
  ): Promise<Desired> => {
    const { nexthops: found = [] } = await observe();
    const destinations = { managed: cidrs(managed), excluded: cidrs(excluded), reserved: [], gateways: [] };
    const state = desiredState(destinations, cidrs(["fd00:77::/64"]), nexthops, TABLE_REF, reject, 6);
    return nexthops.length === 0 ? state : { ...state, nexthops: objectsFor(TABLE_REF.table, nexthops, found, SLOTS) };
  };
  const plan = async (desired: Desired): Promise<Change[]> => [
    ...planChanges(await observe(), desired, TABLE_REF, new Set()).changes,
  ];
  const reach = async (desired: Desired): Promise<Change[]> => {
    const changes = await plan(desired);
    expect(await kernel.apply(changes)).toEqual({ ok: true });
    expect(await plan(desired)).toEqual([]);
    return changes;
  };
  const table = async (): Promise<string[]> => {
    const { routes } = await observe();
    return routes
      .map((r) => `${r.type} ${formatCidr(r.destination)} ${r.metric} ${r.protocol} ${r.nexthopId ?? ""}`.trim())
      .sort();
  };
  /** The gateway of each slot, in the order of the group. */
  const slots = async (): Promise<string> => {
    const { nexthops = [] } = await observe();
    const group = nexthops.find(({ id }) => id === GROUP);
    if (group?.kind !== "group") return "";
    const at = new Map(nexthops.map((one) => [one.id, one.kind === "slot" ? one.gateway.at(-1) : "?"]));
    return group.members.map((id) => at.get(id)).join("");
  };

  test("reports the networks and gateways of IPv6 alone", async () => {
    const gateways = [A, "fd00:77::1", "fd00:99::1"];
    const { routes, connected, addresses, unusable, devices, nexthops } = await observe(gateways);
    expect([routes, nexthops]).toEqual([[], []]);
    expect(connected.map(formatCidr)).toContain("fd00:77::/64");
    expect(connected.map(formatCidr)).not.toContain("10.0.0.0/24");
    expect(addresses).toContain("fd00:77::1");
    expect((await kernel.readAddresses(6)).toSorted()).toEqual(addresses.toSorted());
    expect(await kernel.readAddresses()).not.toContain("fd00:77::1");
    expect([...devices.keys()]).toContain(A);
    expect(unusable.map(({ gateway, fault: { code } }) => [gateway, code])).toEqual([
      ["fd00:77::1", "own-address"],
      ["fd00:99::1", "no-route"],
    ]);
  });

  test("holds the objects, routes and rules of a plan, so that a second one is empty", async () => {
    await reach(await desire(hops(A, B), undefined, undefined, "unreachable"));
    expect(await table()).toEqual([
      "throw 2001:db8::/32 1024 173",
      "throw fd00:77::/64 1024 173",
      `unicast ::/0 1024 173 ${GROUP}`,
      "unreachable ::/0 4294967294 173",
    ]);
    expect(await slots()).toBe("aaaaaabbbbbb");
    const { rules } = await observe();
    const ours = rules.filter(({ protocol }) => protocol === PROTOCOL);
    expect(ours.map(({ family }) => family)).toEqual(ours.map(() => 6));
    expect(ours.map(ruleKey).sort()).toEqual([
      "rule6 10888  lookup 180",
      "rule6 10889 goto 2001:db8::/32",
      "rule6 10889 goto fd00:77::/64",
      "rule6 10890  unreachable 8000::/1",
      "rule6 10890  unreachable ::/1",
      "rule6 10891 nop",
    ]);
    const { routes, rules: ofIpv4 } = await kernel.observe(TABLE_REF.table, []);
    expect([routes, ofIpv4.filter(({ protocol }) => protocol === PROTOCOL)]).toEqual([[], []]);
  });

  test("shows the nexthops of a route with a group, one for each slot", async () => {
    await reach(await desire(hops(A, B, B)));
    const { routes } = await observe();
    const managed = routes.find(({ nexthopId }) => nexthopId === GROUP)!;
    expect(managed.nexthops.map(({ gateway }) => gateway.at(-1)).join("")).toBe("aaaabbbbbbbb");
  });

  test("points slots to others one by one, while group and routes stay", async () => {
    await reach(await desire(hops(A, B, C)));
    const changes = await reach(await desire([...hops(A), { gateway: A, weight: 1 }, ...hops(C)]));
    expect(changes.map(({ op }) => op)).toEqual(Array(4).fill("replace-nexthop"));
    expect(await slots()).toBe("aaaaaaaacccc");
  });

  test("makes all again after nexthop objects were flushed, with which it removes the routes", async () => {
    const desired = await desire(hops(A, B), undefined, undefined, "prohibit");
    await reach(desired);
    await tested.runIp("nexthop flush proto 173");
    expect((await table()).filter((one) => one.startsWith("unicast"))).toEqual([]);
    await reach(await desire(hops(A, B), undefined, undefined, "prohibit"));
    expect(await slots()).toBe("aaaaaabbbbbb");
  });

  test("drops objects and route when the carrier goes, makes none without it, and all when it is back", async () => {
    await reach(await desire(hops(A, B)));
    await tested.setCarrier(false);
    for (let look = 0; look < 50 && (await table()).length > 2; look++) continue; // the kernel takes its time
    const lost = await observe();
    expect([lost.nexthops, lost.routes.filter(({ type }) => type === "unicast")]).toEqual([[], []]);
    expect(lost.links.find(({ name }) => name === lost.devices.get(A))?.carrier).toBe(false);
    expect(await kernel.apply(await plan(await desire(hops(A))))).toMatchObject({
      ok: false,
      failed: { op: "replace-nexthop" },
      error: { code: "nexthop" },
    });
    await tested.setCarrier(true);
    for (let look = 0; look < 50 && (await observe()).links.some(({ carrier }) => !carrier); look++) continue;
    await reach(await desire(hops(A, B)));
    expect(await slots()).toBe("aaaaaabbbbbb");
  });

  test("loses a member of a group with its slot, which is made again in its place", async () => {
    await reach(await desire(hops(A, B)));
    await tested.runIp(`nexthop del id ${GROUP + 3}`);
    expect(await slots()).toBe("aaaaabbbbbb");
    const changes = await reach(await desire(hops(A, B)));
    expect(changes.map((change) => "nexthop" in change && change.nexthop.id)).toEqual([GROUP + 3, GROUP]);
  });

  test("makes a slot of a group, and a group of a slot, only once these are gone", async () => {
    await reach(await desire(hops(A, B)));
    for (const [id, other] of [
      [GROUP + 1, `group ${GROUP + 2}`],
      [GROUP, `via ${C} dev v0 onlink`],
    ] as const) {
      await tested.runIp(`nexthop del id ${id}`);
      await observe();
      await tested.runIp(`nexthop add id ${id} ${other} proto ${PROTOCOL}`);
      await reach(await desire(hops(A, B)));
      expect(await slots()).toBe("aaaaaabbbbbb");
    }
  });

  test("keeps the entries of other programs when ours are removed", async () => {
    await tested.runIp(`nexthop add id 7 via ${A} dev ${(await observe()).devices.get(A)} onlink proto 4`);
    await tested.runIp("-6 route add 2001:7::/32 table 180 proto 4 nhid 7");
    await tested.runIp("-6 route add unreachable 2001:9::/32 table 180 proto 4 metric 9");
    await tested.runIp("-6 rule add pref 10888 from all lookup 180 protocol 4");
    const before = await observe();
    await reach(await desire(hops(A, B), ["::/0"], ["2001:db8::/32"], "blackhole"));
    await reach(NOTHING);
    expect(await observe()).toEqual(before);
  });

  test("knows the interface of a gateway while packets to it would take our table, which lacks an exclusion", async () => {
    const desired = await desire(hops(A, B));
    await reach(desired);
    await tested.runIp("-6 route del throw fd00:77::/64 table 180 proto 173");
    const { devices, unusable } = await observe();
    expect([devices.size, unusable]).toEqual([3, []]);
    await reach(await desire(hops(B, A)));
  });

  test("leaves an object of another program with an id of ours to it", async () => {
    const device = (await observe()).devices.get(A);
    await tested.runIp(`nexthop add id ${GROUP + 1} via ${C} dev ${device} onlink proto 196`);
    const { conflicts, changes } = planChanges(await observe(), await desire(hops(A)), TABLE_REF, new Set());
    expect(conflicts).toMatchObject([{ entry: { object: "nexthops", table: 180 }, found: { protocol: 196 } }]);
    expect(await kernel.apply(changes)).toEqual({ ok: true });
    expect((await observe()).nexthops).toMatchObject([{ id: GROUP + 1, gateway: C, protocol: 196 }]);
  });

  test("reports by trial which gateways it rejects as nexthops, and keeps no object of the trial", async () => {
    const rejected = await kernel.tryNexthops([A, "fd00:77::1", B], TABLE_REF.table);
    expect(rejected.map(({ gateway }) => gateway)).toEqual(["fd00:77::1"]);
    expect((await observe()).nexthops).toEqual([]);
  });

  test("takes changes of both families together, in their order", async () => {
    const nexthops = hops("10.0.0.11", "10.0.0.12");
    const destinations = { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] };
    const ipv4 = desiredState(destinations, [parseCidr("10.0.0.0/24")!], nexthops, TABLE_REF, "unreachable");
    const ofIpv4 = planChanges(await kernel.observe(TABLE_REF.table, []), ipv4, TABLE_REF, new Set()).changes;
    const ofIpv6 = await plan(await desire(hops(A, B), undefined, undefined, "unreachable"));
    const mixed = Array.from({ length: Math.max(ofIpv4.length, ofIpv6.length) }, (_, index) => {
      return [ofIpv6[index] ?? [], ofIpv4[index] ?? []].flat();
    });
    expect(await kernel.apply(mixed.flat())).toEqual({ ok: true });
    expect(await plan(await desire(hops(A, B), undefined, undefined, "unreachable"))).toEqual([]);
    const after = await kernel.observe(TABLE_REF.table, []);
    expect(planChanges(after, ipv4, TABLE_REF, new Set()).changes).toEqual([]);
  });

  test("reads pools of both families at once", async () => {
    await reach(await desire(hops(A)));
    const [ipv6, ipv4] = await kernel.observeAll([
      { table: TABLE_REF.table, gateways: [A], family: 6 },
      { table: TABLE_REF.table, gateways: ["10.0.0.11"] },
    ]);
    expect([ipv6!.routes.length, ipv4!.routes.length]).toEqual([3, 0]);
    expect([ipv6!.devices.has(A), ipv4!.devices.has("10.0.0.11"), ipv4!.nexthops]).toEqual([true, true, undefined]);
  });

  test("reports changes of nexthop objects, routes and rules of IPv6 as they happen", async () => {
    const reported = new Set<string>();
    const watch = kernel.watch((event) => {
      if (event.kind === "rule") reported.add("rule");
      if ("table" in event && event.table === TABLE_REF.table) reported.add(event.kind);
    });
    // `ip monitor` does not say when it has begun to listen: changes are made until all are reported.
    for (let round = 0; round < 100 && reported.size < 3; round++) {
      await reach(await desire(round % 2 === 0 ? hops(A, B) : hops(B, A)));
      await reach(NOTHING);
      await Bun.sleep(10);
    }
    watch.stop();
    expect([...reported].sort()).toEqual(["nexthop", "route", "rule"]);
  });

  test("reads the routes of a table one by one", async () => {
    await tested.runIp("-6 route add throw 2001:db8::/32 table 190 proto 4");
    await tested.runIp(`-6 route add default table 190 nexthop via ${A}`);
    const visited: string[] = [];
    await kernel.visitRoutes(190, ({ type, destination }) => visited.push(`${type} ${formatCidr(destination)}`), 6);
    await kernel.visitRoutes(190, () => visited.push("a route of IPv4"));
    expect(visited.sort()).toEqual(["throw 2001:db8::/32", "unicast ::/0"]);
  });

  test("lists rules, routes and objects of other tables as orphans, which are removed in their order", async () => {
    const other = { table: 190, preference: 9000 };
    const destinations = { managed: cidrs(["::/0"]), excluded: [], reserved: [], gateways: [] };
    const state = desiredState(destinations, cidrs(["fd00:77::/64"]), hops(A, B), other, "unreachable", 6);
    const nexthops = objectsFor(other.table, hops(A, B), [], SLOTS);
    const seen = await kernel.observe(other.table, GATEWAYS, undefined, 6);
    const { changes } = planChanges(seen, { ...state, nexthops }, other, new Set());
    expect(await kernel.apply(changes)).toEqual({ ok: true });
    await reach(await desire(hops(A)));
    const own = [{ tableRef: TABLE_REF }];
    const orphans = await kernel.orphans(own);
    expect(orphans).toMatchObject([
      { kind: "kill-switch", base: 9000 },
      { kind: "table", table: 190, nexthops: { length: SLOTS + 1 } },
    ]);
    for (const orphan of orphans) expect(await kernel.apply(removalOf(orphan))).toEqual({ ok: true });
    expect(await kernel.orphans(own)).toEqual([]);
    expect((await kernel.observe(other.table, [], undefined, 6)).nexthops).toEqual([]);
    expect(await slots()).toBe("aaaaaaaaaaaa");
  });

  test("has room for as many slots as a group may have", async () => {
    const ids = slotIdsOf(TABLE_REF.table, 1, MOST_SLOTS);
    const device = (await observe()).devices.get(A)!;
    const make = (nexthop: Extract<Change, { op: "replace-nexthop" }>["nexthop"]): Change => {
      return { op: "replace-nexthop", nexthop, fresh: true };
    };
    const slots = ids.map((id) => make({ kind: "slot", id, gateway: A, device }));
    expect(await kernel.apply([...slots, make({ kind: "group", id: GROUP, members: ids })])).toEqual({ ok: true });
    expect((await observe()).nexthops).toHaveLength(MOST_SLOTS + 1);
  });

  test("deletes exactly the named rule among similar ones", async () => {
    const common = { family: 6, preference: 7 } as const;
    const of = (text: string) => parseCidr(text, [6])!;
    const rules: Rule[] = [
      ...["2000::/3", "2000::/4", "2001:db8::1/128", "8000::/1"].flatMap((text): Rule[] => [
        { ...common, kind: "reject", to: of(text), how: "unreachable" },
        { ...common, kind: "reject", to: of(text), how: "blackhole" },
        { ...common, kind: "goto", to: of(text), target: 8 },
      ]),
      { ...common, preference: 6, kind: "lookup", table: 180, selector: { from: of("fd00:5::/64"), in: "lo" } },
      { ...common, kind: "lookup", table: 180 },
      { ...common, kind: "lookup", table: 181 },
      { ...common, kind: "answer", from: parseHost("fd00:77::1")!, to: parseHost("2001::1")!, table: 18000 },
      { ...common, preference: 8, kind: "nop" },
    ];
    const present = async () =>
      (await observe()).rules
        .filter(({ protocol }) => protocol === PROTOCOL)
        .map(ruleKey)
        .sort();
    for (const rule of rules) expect(await kernel.apply([{ op: "add-rule", rule }])).toEqual({ ok: true });
    const left = rules.map(ruleKey);
    expect(await present()).toEqual([...left].sort());
    for (const rule of rules.toReversed()) {
      expect(await kernel.apply([{ op: "delete-rule", rule }])).toEqual({ ok: true });
      left.pop();
      expect(await present()).toEqual([...left].sort());
    }
  });

  test("reaches each state of a random walk, after which a plan for that state is empty", async () => {
    const state = fc.tuple(
      fc.constantFrom(hops(), hops(A), hops(A, B), hops(C, A, B), hops(A, A, A, B, C)),
      fc.subarray(["::/0", "2001::/16", "2001:db8::/32"]),
      fc.subarray(["2000::/3", "2001::/16", "2001:db8:1::/48", "fd00::/8"]),
      fc.constantFrom(undefined, "unreachable" as const, "prohibit" as const, "blackhole" as const),
    );
    const walk = fc.array(fc.oneof(state, fc.constant(undefined)), { minLength: 2, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(walk, async (states) => {
        for (const parts of states) await reach(parts ? await desire(...parts) : NOTHING);
      }),
      { numRuns: 15 },
    );
  });
});
