/** The rules and routes for probes, on the fake kernel of the unit tests and on the kernel of Linux. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { FAMILIES } from "../../src/net/address.ts";
import { type Cidr, parseCidr } from "../../src/net/cidr.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import { ruleText } from "../../src/routing/iproute2/policy-rules.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { orphanText, removalOf } from "../../src/routing/orphans.ts";
import { planProbes } from "../../src/routing/plan-probes.ts";
import type { Change, ProbeEntries, ProbeRule, ProbeTables, Rule } from "../../src/routing/types.ts";
import { GATEWAYS as GATEWAYS_4, noProbes, PROBES, probeState } from "../unit/routing/probes.fixture.ts";
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

setDefaultTimeout(60_000); // each command is a process, which takes long on a busy machine

describe.each([
  ["the fake kernel", 4, openFakeKernel, "eth0"],
  ["the kernel of Linux", 4, openLinuxKernel, "v0"],
  ["the fake kernel, in IPv6", 6, openFakeKernel, "eth0"],
  ["the kernel of Linux, in IPv6", 6, () => openLinuxKernel(FAMILIES), "v0"],
] as const)("probes on %s", (_, family, open, device) => {
  const GATEWAYS = family === 4 ? GATEWAYS_4 : ["fd00:77::a", "fd00:77::b", `fe80::c%${device}`];
  const [, SECOND, THIRD] = GATEWAYS as [string, string, string];
  let tested: KernelUnderTest;
  let kernel: Kernel;

  beforeEach(async () => {
    tested = await open();
    kernel = tested.kernel;
  });
  afterEach(() => tested.close());

  const state = (gateways = GATEWAYS, tables = PROBES, targets: Cidr[] = []): ProbeEntries =>
    probeState(gateways, tables, device, targets, family);
  const targets = (family === 4 ? ["1.1.1.1/32", "9.9.9.9/32"] : ["2001:1::1/128", "2001:9::9/128"]).map((text) =>
    parseCidr(text, FAMILIES)!,
  );
  const observe = (table = TABLE_REF.table, gateways: readonly string[] = [], probes?: ProbeTables) =>
    kernel.observe(table, gateways, probes, family);
  const plan = async (to: ProbeEntries): Promise<Change[]> =>
    planProbes(await observe(TABLE_REF.table, GATEWAYS, to.tables), to);
  const run = (command: string): Promise<void> => tested.runIp(family === 4 ? command : `-6 ${command}`);
  const reach = async (to: ProbeEntries): Promise<void> => {
    expect(await kernel.apply(await plan(to))).toEqual({ ok: true });
    expect(await plan(to)).toEqual([]);
  };
  /** All rules but those of the kernel itself. */
  const rules = async (): Promise<string[]> => {
    const { policies } = await observe();
    const own = policies.filter(({ preference }) => preference > 0 && preference < 32766);
    return own.map((rule) => `${ruleText(rule)} protocol ${rule.protocol}`);
  };

  test("are read back as they were set: rules in their order, and two routes for each gateway", async () => {
    await reach(state());
    expect(await rules()).toEqual([
      "100: not from all fwmark 0xad000000/0xff000000 goto 102 protocol 173",
      "101: from all fwmark 0xad000001/0xff0000ff lookup 18001 protocol 173",
      "101: from all fwmark 0xad000002/0xff0000ff lookup 18002 protocol 173",
      "101: from all fwmark 0xad000003/0xff0000ff lookup 18003 protocol 173",
      "102: from all fwmark 0xad000000/0xff000000 unreachable protocol 173",
    ]);
    const { probeRoutes } = await observe(TABLE_REF.table, [], PROBES);
    expect(probeRoutes.map(({ table, type }) => `${table} ${type}`).sort()).toEqual(
      ["18001", "18002", "18003"].flatMap((table) => [`${table} unicast`, `${table} unreachable`]),
    );
  });

  test("lead packets with the mark of a gateway through it, in its table, and others past them", async () => {
    await reach(state());
    const to = family === 4 ? "1.1.1.1" : "2001:1::1";
    const places = GATEWAYS.map((_, index) => kernel.routeOf(to, PROBES.mark + 1 + index));
    expect(await Promise.all(places)).toEqual(GATEWAYS.map((gateway, index) => ({ table: 18001 + index, gateway })));
    expect(await kernel.routeOf(to, PROBES.mark + 9)).toBeUndefined();
    expect(await kernel.routeOf(to, 0)).toBeUndefined(); // without a default route
  });

  test.skipIf(family === 6)("let answers in by a rule for each target, and a table with an interface", async () => {
    await reach(state(GATEWAYS, PROBES, targets));
    expect((await rules()).slice(-2)).toEqual([
      "103: from 10.0.0.1 to 1.1.1.1 iif lo lookup 18255 protocol 173",
      "103: from 10.0.0.1 to 9.9.9.9 iif lo lookup 18255 protocol 173",
    ]);
    const { probeRoutes } = await observe(TABLE_REF.table, [], PROBES);
    const nexthops = [{ gateway: "10.0.0.11", weight: 1, device }];
    expect(probeRoutes.filter(({ table }) => table === 18255)).toMatchObject([{ type: "unicast", nexthops }]);
  });

  test("are removed beside marks of other programs, whose rules and routes stay", async () => {
    const others = [
      // wg-quick, mwan3 and tailscale
      "rule add not from all fwmark 0xca6c lookup 51820 pref 99",
      "rule add from all fwmark 0x100/0x3f00 lookup 1 pref 101",
      "rule add from all fwmark 0x80000/0xff0000 lookup 254 pref 101",
      "rule add from all fwmark 0xad000001/0xff0000ff lookup 18001 pref 101 protocol 4",
      "rule add from all fwmark 0xad000000/0xff000000 unreachable pref 102 protocol 4",
      "rule add not from all fwmark 0xad000000/0xff000000 goto 102 pref 100 protocol 4",
      `route add throw ${family === 4 ? "9.0.0.0/8" : "2001:9::/32"} table 18001 proto 4`,
      "route add unreachable default table 18002 proto 4 metric 9",
    ];
    for (const command of others) await run(command);
    const before = await observe(TABLE_REF.table, GATEWAYS);
    await reach(state());
    await reach(noProbes());
    expect(await observe(TABLE_REF.table, GATEWAYS)).toEqual(before);
    const left: string[] = [];
    for (const table of [18001, 18002]) left.push(...(await observe(table)).routes.map(({ type }) => type));
    expect(left).toEqual(["throw", "unreachable"]);
  });

  test("are deleted exactly by what they name, among rules that differ in one value", async () => {
    const at = { family, preference: 101 } as const;
    const named: Rule[] = [
      { ...at, kind: "mark", mark: 0xad000001, mask: 0xff0000ff, table: 18001 },
      { ...at, kind: "mark", mark: 0xad000002, mask: 0xff0000ff, table: 18001 },
      { ...at, kind: "mark", mark: 0xad000001, mask: 0xff0000ff, table: 18002 },
      { ...at, kind: "mark", mark: 0xad000001, mask: 0xffffffff, table: 18002 },
      { ...at, kind: "lookup", table: 18005 },
      { ...at, kind: "unmarked", mark: 0xad000000, mask: 0xff000000, target: 102 },
      { ...at, kind: "unmarked", mark: 0xae000000, mask: 0xff000000, target: 102 },
      { ...at, kind: "stray", mark: 0xad000000, mask: 0xff000000 },
      { ...at, kind: "stray", mark: 0xae000000, mask: 0xff000000 },
      { ...at, kind: "answer", from: targets[0]!, to: targets[1]!, table: 18255 },
      { ...at, kind: "answer", from: targets[1]!, to: targets[1]!, table: 18255 },
      { ...at, kind: "answer", from: targets[1]!, to: targets[0]!, table: 18255 },
      { ...at, kind: "answer", from: targets[1]!, to: targets[0]!, table: 18256 },
      { ...at, kind: "nop" },
    ];
    const present = async () => (await observe()).rules.map(ruleKey).filter(isHere).sort();
    const isHere = (key: string): boolean => /^rule6? 101 /.test(key);
    for (const rule of named) expect(await kernel.apply([{ op: "add-rule", rule }])).toEqual({ ok: true });
    for (const rule of named) expect(await kernel.apply([{ op: "add-rule", rule }])).toMatchObject({ ok: false });
    const left = named.map(ruleKey);
    for (const rule of named.toReversed()) {
      expect(await present()).toEqual([...left].sort());
      expect(await kernel.apply([{ op: "delete-rule", rule }])).toEqual({ ok: true });
      left.pop();
    }
    expect(await present()).toEqual([]);
  });

  test("replace a rule that leads past them to another preference, which the kernel takes for the same", async () => {
    const old: ProbeRule = {
      kind: "unmarked",
      family,
      preference: 100,
      mark: PROBES.mark,
      mask: 0xff000000,
      target: 109,
    };
    expect(await kernel.apply([{ op: "add-rule", rule: old }])).toEqual({ ok: true });
    const rule = { ...old, target: 102 };
    expect(await kernel.apply([{ op: "add-rule", rule }])).toMatchObject({ ok: false });
    await reach(state());
    expect((await rules())[0]).toBe("100: not from all fwmark 0xad000000/0xff000000 goto 102 protocol 173");
  });

  test("do not replace a route of another program in their tables", async () => {
    const hop = family === 4 ? `nexthop via ${THIRD}` : `metric 1024 nexthop via fe80::c dev ${device} onlink`;
    await run(`route add default table 18002 proto 4 ${hop}`);
    const [, adding] = state(GATEWAYS.slice(1, 2), { ...PROBES, table: 18002 }).routes;
    const applied = await kernel.apply([{ op: "add-route", route: adding! }]);
    const start = family === 4 ? "default table 18002 proto 173" : "::/0 table 18002 proto 173 metric 1024";
    const command = `ip route add ${start} nexthop via ${SECOND} dev ${device}${family === 4 ? "" : " onlink"}`;
    const detail = `the kernel rejected a change: RTNETLINK answers: File exists (${command})`;
    expect(applied).toMatchObject({
      ok: false,
      failed: { route: { table: 18002 } },
      error: { code: "rejected", detail },
    });
    await reach(state());
    expect((await rules()).filter((rule) => rule.startsWith("101:"))).toEqual([
      "101: from all fwmark 0xad000001/0xff0000ff lookup 18001 protocol 173",
      "101: from all fwmark 0xad000003/0xff0000ff lookup 18003 protocol 173",
    ]);
    const routes = (await observe(18002, GATEWAYS)).routes.filter(({ type }) => type === "unicast");
    expect(routes).toMatchObject([{ protocol: 4, nexthops: [{ gateway: THIRD }] }]);
  });

  test("that an earlier run left at other preferences, tables and marks are found, and removed without a rest", async () => {
    const tables = { preference: 300, table: 19001, mark: 0xae000000 };
    await reach(state(GATEWAYS, tables, targets));
    await reach(state());
    const own = [{ tableRef: TABLE_REF, probes: PROBES }];
    const found = await kernel.orphans(own);
    expect(found.map(orphanText)).toEqual(["the rules and routes for probes from preference 300 on"]);
    expect(await kernel.apply(removalOf(found[0]!))).toEqual({ ok: true });
    expect(await kernel.orphans(own)).toEqual([]);
    expect(await plan(state())).toEqual([]);
  });

  test("that an earlier run left at other preferences with the same tables go, and the routes that are in use stay", async () => {
    await reach(state(GATEWAYS, { ...PROBES, preference: 300 }));
    await reach(state());
    for (const orphan of await kernel.orphans([{ tableRef: TABLE_REF, probes: PROBES }])) {
      expect(await kernel.apply(removalOf(orphan))).toEqual({ ok: true });
    }
    expect(await plan(state())).toEqual([]);
    expect((await rules()).filter((rule) => rule.startsWith("30"))).toEqual([]);
  });

  test("reach each state of a random walk", async () => {
    const some = fc.subarray(GATEWAYS).map((gateways) => state(gateways));
    const other = fc.subarray(GATEWAYS).map((gateways) => state(gateways, { ...PROBES, mark: 0xae000000 }));
    const answered = fc.subarray(targets).map((some) => state(GATEWAYS, PROBES, some));
    const walk = fc.array(fc.oneof(some, other, answered, fc.constant(noProbes())), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(walk, async (states) => {
        for (const one of states) await reach(one);
      }),
      { numRuns: 8 },
    );
  });
});
