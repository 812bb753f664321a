/** What the earlier program has left is found and taken over in the same way in the fake kernel and in that of Linux. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";

import { parseCidr } from "../../src/net/cidr.ts";
import { desiredState } from "../../src/routing/desired.ts";
import { ruleText } from "../../src/routing/iproute2/policy-rules.ts";
import { findLeftovers } from "../../src/routing/leftovers.ts";
import { leftoversText } from "../../src/routing/leftovers-text.ts";
import { planChanges } from "../../src/routing/plan.ts";
import { earlierEntries, type EarlierRun } from "../fixtures/earlier-program.ts";
import { type KernelUnderTest, openFakeKernel, openLinuxKernel, TABLE_REF } from "./kernel.fixture.ts";

setDefaultTimeout(60_000);

const GATEWAYS = ["10.0.0.11", "10.0.0.12"];
const managed = [parseCidr("0.0.0.0/0")!];
const PLACE = { ...TABLE_REF, gateways: GATEWAYS, managed };

const desired = desiredState(
  { managed, excluded: [parseCidr("9.0.0.0/8")!], reserved: [], gateways: [] },
  [parseCidr("10.0.0.0/24")!],
  GATEWAYS.map((gateway) => ({ gateway, weight: 1 })),
  TABLE_REF,
);

/** Entries of other programs that resemble those of the earlier one, by the preference or the destination of each. */
const FOREIGN = [
  "rule add pref 10890 lookup 250",
  "rule add pref 10891 from 10.9.0.0/16 lookup 250",
  "rule add pref 10902 from 10.9.0.0/16 lookup 180",
  "rule add pref 10903 fwmark 0x7 lookup 181",
  "rule add pref 10904 lookup 182",
  "route add 9.9.0.0/16 table 180 proto 4 nexthop via 10.0.0.11",
  "route add 9.8.0.0/16 table 180 nexthop via 10.0.0.11",
];

describe.each([
  ["the fake kernel", openFakeKernel],
  ["the kernel of Linux", openLinuxKernel],
])("%s", (_, open) => {
  let tested: KernelUnderTest;
  beforeEach(async () => void (tested = await open()));
  afterEach(() => tested.close());

  const observe = () => tested.kernel.observe(TABLE_REF.table, GATEWAYS);
  const run = async (commands: readonly string[]): Promise<void> => {
    for (const command of commands) await tested.runIp(command);
  };
  const find = async () => findLeftovers(await observe(), PLACE, tested.kernel.visitRoutes);
  const entries = async () => {
    const { policies, routes } = await observe();
    const own = policies.filter(({ preference }) => preference > 0 && preference < 32_766);
    return { rules: own.map(ruleText), routes: routes.map(({ protocol, type }) => `${type} ${protocol}`).sort() };
  };
  const takeOver = async (): Promise<void> => {
    const observed = { ...(await observe()), leftovers: await find() };
    const { changes, conflicts } = planChanges(observed, desired, TABLE_REF, new Set());
    expect(conflicts).toEqual([]);
    expect(await tested.kernel.apply(changes)).toEqual({ ok: true });
  };

  test.each<[string, EarlierRun, string]>([
    ["with the reserved ranges", { gateways: GATEWAYS }, "16 rules and 1 route"],
    ["with single addresses", { gateways: GATEWAYS, excluded: ["1.2.3.4/32"] }, "3 rules and 1 route"],
    ["without exclusions", { gateways: ["10.0.0.11"], excluded: [] }, "2 rules and 1 route"],
  ])("what a run %s has left is found, and nothing but ours is there after a take-over", async (__, earlier, found) => {
    await run(earlierEntries(earlier));
    expect(leftoversText((await find())!)).toBe(found);
    await takeOver();
    expect(await find()).toBeUndefined();
    expect(await entries()).toEqual({
      rules: ["10888: from all lookup 180"],
      routes: ["throw 173", "throw 173", "unicast 173"],
    });
  });

  test("what other programs have beside it stays", async () => {
    await run([...earlierEntries({ gateways: GATEWAYS }), ...FOREIGN]);
    expect(leftoversText((await find())!)).toBe("16 rules and 1 route");
    await takeOver();
    expect(await entries()).toEqual({
      rules: [
        "10888: from all lookup 180",
        "10890: from all lookup 250",
        "10891: from 10.9.0.0/16 lookup 250",
        "10902: from 10.9.0.0/16 lookup 180",
        "10903: from all fwmark 0x7 lookup 181",
        "10904: from all lookup 182",
      ],
      routes: ["throw 173", "throw 173", "unicast 173", "unicast 3", "unicast 4"],
    });
  });
});
