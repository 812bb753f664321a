/** Rules for some packets only: the fake kernel and the kernel of Linux do the same. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import { parseCidr } from "../../src/net/cidr.ts";
import { desiredState, NOTHING } from "../../src/routing/desired.ts";
import { ruleKey } from "../../src/routing/entry.ts";
import { selectorsOfBoth } from "../../src/routing/hand-over.ts";
import { planChanges } from "../../src/routing/plan.ts";
import { ALL_PACKETS, ruleSelectors, type Selectors } from "../../src/routing/selectors.ts";
import type { Desired } from "../../src/routing/types.ts";
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

setDefaultTimeout(60_000);

const cidr = (text: string) => parseCidr(text)!;
const destinations = { managed: [cidr("0.0.0.0/0")], excluded: [cidr("9.0.0.0/8")], reserved: [], gateways: [] };
const desire = (selectors: Selectors): Desired =>
  desiredState(
    destinations,
    [cidr("10.0.0.0/24")],
    [{ gateway: "10.0.0.11", weight: 1 }],
    { ...TABLE_REF, selectors },
    "unreachable",
  );

const FROM = { from: [cidr("10.78.0.0/24")], in: [] };
const FROM_ONE = { from: [cidr("10.78.0.5/32"), cidr("10.78.0.0/16")], in: [] };
const IN = { from: [], in: ["v0", "absent0"] };
const FROM_IN = { from: [cidr("10.78.0.0/24")], in: ["v0"] };
const MARKED = { from: [], in: [], mark: { value: 0x10, mask: 0xff } };
const WHOLE_MARK = { from: [], in: ["v0"], mark: { value: 0x10, mask: 0xffffffff } };
const STATES = [FROM, ALL_PACKETS, FROM_ONE, IN, FROM, FROM_IN, IN, MARKED, WHOLE_MARK, MARKED, ALL_PACKETS, FROM_IN];

describe.each([
  ["the fake kernel", openFakeKernel],
  ["the kernel of Linux", openLinuxKernel],
])("%s", (_, open) => {
  let tested: KernelUnderTest;
  beforeEach(async () => void (tested = await open()));
  afterEach(() => tested.close());

  const changesFor = async (desired: Desired) =>
    planChanges(await tested.kernel.observe(TABLE_REF.table, []), desired, TABLE_REF, new Set()).changes;
  const rulesThere = async (): Promise<string[]> => {
    const { rules } = await tested.kernel.observe(TABLE_REF.table, []);
    return rules.filter(({ protocol }) => protocol === 173).map(ruleKey);
  };

  test("takes each change of the selectors, and reads back exactly what was wanted", async () => {
    for (const desired of [...STATES.map(desire), NOTHING]) {
      expect(await tested.kernel.apply(await changesFor(desired))).toEqual({ ok: true });
      expect((await rulesThere()).sort()).toEqual(desired.rules.map(ruleKey).sort());
      expect(await changesFor(desired)).toEqual([]);
    }
  });

  test("takes both the selectors of before and of now in between, also at another preference", async () => {
    let [former, preference] = [ALL_PACKETS, TABLE_REF.preference];
    for (const [index, selectors] of [...STATES, ...STATES.toReversed()].entries()) {
      if (index % 3 === 0) preference = preference === 20_000 ? 20_008 : 20_000;
      const tableRef = { ...TABLE_REF, preference, selectors };
      for (const matched of [
        selectorsOfBoth(selectors, { destinations, selectors: ruleSelectors(former) }),
        undefined,
      ]) {
        const nexthops = [{ gateway: "10.0.0.11", weight: 1 }];
        const desired = desiredState(
          destinations,
          [cidr("10.0.0.0/24")],
          nexthops,
          tableRef,
          "unreachable",
          4,
          matched,
        );
        const observed = await tested.kernel.observe(TABLE_REF.table, []);
        const { changes } = planChanges(observed, desired, tableRef, new Set());
        expect(await tested.kernel.apply(changes)).toEqual({ ok: true });
        expect((await rulesThere()).sort()).toEqual(desired.rules.map(ruleKey).sort());
      }
      former = selectors;
    }
  });

  test("takes a new rule for all packets for one that has a source, and deletes the first that matches", async () => {
    await tested.runIp("rule add pref 77 from 10.78.0.0/24 lookup 180 protocol 173");
    const all = { kind: "lookup", family: 4, preference: 77, table: 180 } as const;
    expect(await tested.kernel.apply([{ op: "add-rule", rule: all }])).toMatchObject({ ok: false });
    expect(await tested.kernel.apply([{ op: "delete-rule", rule: all }])).toEqual({ ok: true });
    expect(await rulesThere()).toEqual([]);
  });

  test("finds leftovers of pools, which go rejecting rules first", async () => {
    await tested.kernel.apply(await changesFor(desire(FROM_IN)));
    const orphans = await tested.kernel.orphans([{ tableRef: { table: 181, preference: 10896 } }]);
    expect(orphans.map((orphan) => [orphan.kind, orphan.rules.length])).toEqual([
      ["kill-switch", 5],
      ["table", 1],
    ]);
  });
});
