/** The rules and routes for probes, on the fake kernel of the unit tests and on the kernel of Linux. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import fc from "fast-check";

import { type Cidr, parseCidr } from "../../src/net/cidr.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import { ruleText } from "../../src/routing/iproute2/policy-rules.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { orphanText, removalOf } from "../../src/routing/orphans.ts";
import type { Change, ProbeEntries, ProbeRule, Rule } from "../../src/routing/types.ts";
import { GATEWAYS, noProbes, planProbesFor, PROBES, probeState } from "../unit/routing/probes.fixture.ts";
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

setDefaultTimeout(60_000); // each command is a process, which takes long on a busy machine

describe.each([
  ["the fake kernel", openFakeKernel, "eth0"],
  ["the kernel of Linux", openLinuxKernel, "v0"],
])("probes on %s", (_, open, device) => {
  let tested: KernelUnderTest;
  let kernel: Kernel;

  beforeEach(async () => {
    tested = await open();
    kernel = tested.kernel;
  });
  afterEach(() => tested.close());

  const state = (gateways = GATEWAYS, tables = PROBES, targets: Cidr[] = []): ProbeEntries =>
    probeState(gateways, tables, device, targets);
  const targets = ["1.1.1.1/32", "9.9.9.9/32"].map((text) => parseCidr(text)!);
  const plan = (to: ProbeEntries): Promise<Change[]> => planProbesFor(kernel, to);
  const reach = async (to: ProbeEntries): Promise<void> => {
    expect(await kernel.apply(await plan(to))).toEqual({ ok: true });
    expect(await plan(to)).toEqual([]);
  };
  /** All rules but those of the kernel itself. */
  const rules = async (): Promise<string[]> => {
    const { policies } = await kernel.observe(TABLE_REF.table, []);
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
    const { probeRoutes } = await kernel.observe(TABLE_REF.table, [], PROBES);
    expect(probeRoutes.map(({ table, type }) => `${table} ${type}`).sort()).toEqual(
      ["18001", "18002", "18003"].flatMap((table) => [`${table} unicast`, `${table} unreachable`]),
    );
  });

  test("let answers in by a rule for each target, and a table with an interface", async () => {
    await reach(state(GATEWAYS, PROBES, targets));
    expect((await rules()).slice(-2)).toEqual([
      "103: from 10.0.0.1 to 1.1.1.1 iif lo lookup 18255 protocol 173",
      "103: from 10.0.0.1 to 9.9.9.9 iif lo lookup 18255 protocol 173",
    ]);
    const { probeRoutes } = await kernel.observe(TABLE_REF.table, [], PROBES);
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
      "route add throw 9.0.0.0/8 table 18001 proto 4",
      "route add unreachable default table 18002 proto 4 metric 9",
    ];
    for (const command of others) await tested.runIp(command);
    const before = await kernel.observe(TABLE_REF.table, GATEWAYS);
    await reach(state());
    await reach(noProbes());
    expect(await kernel.observe(TABLE_REF.table, GATEWAYS)).toEqual(before);
    const left: string[] = [];
    for (const table of [18001, 18002]) await kernel.visitRoutes(table, ({ type }) => left.push(type));
    expect(left).toEqual(["throw", "unreachable"]);
  });

  test("are deleted exactly by what they name, among rules that differ in one value", async () => {
    const at = { family: 4, preference: 101 } as const;
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
    const present = async () => (await kernel.observe(TABLE_REF.table, [])).rules.map(ruleKey).filter(isHere).sort();
    const isHere = (key: string): boolean => key.startsWith("rule 101 ");
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
      family: 4,
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
    await tested.runIp("route add default table 18002 proto 4 nexthop via 10.0.0.13");
    const [, adding] = state(GATEWAYS.slice(1, 2), { ...PROBES, table: 18002 }).routes;
    const applied = await kernel.apply([{ op: "add-route", route: adding! }]);
    const command = `ip route add default table 18002 proto 173 nexthop via 10.0.0.12 dev ${device}`;
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
    const routes = (await kernel.observe(18002, GATEWAYS)).routes.filter(({ metric }) => metric === 0);
    expect(routes).toMatchObject([{ protocol: 4, nexthops: [{ gateway: "10.0.0.13" }] }]);
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
