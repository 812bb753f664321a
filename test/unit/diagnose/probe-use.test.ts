import { describe, expect, test } from "bun:test";

import { checkProbeUse, otherProbes, type ProbeUseFacts } from "../../../src/diagnose/probe-use.ts";
import { rulesAmong } from "../../../src/routing/iproute2/rules.ts";
import { probeBasesOf } from "../../../src/routing/probe-tables.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { routeTo, rulesWith, textsOf } from "./kernel-facts.fixture.ts";

const TABLES = { preference: 100, table: 18001, mark: 0xad000000 };
const OURS = { protocol: String(PROTOCOL) };
const OWN_RULES = [
  { ...OURS, priority: 100, not: null, fwmark: "0xad000000", fwmask: "0xff000000", goto: 102 },
  { ...OURS, priority: 101, fwmark: "0xad000001", fwmask: "0xff0000ff", table: "18001" },
  { ...OURS, priority: 101, fwmark: "0xad000002", fwmask: "0xff0000ff", table: "18002" },
  { ...OURS, priority: 102, fwmark: "0xad000000", fwmask: "0xff000000", action: "7" },
];

const check = (changes: Partial<ProbeUseFacts> = {}) =>
  checkProbeUse({ tables: TABLES, gateways: 2, running: false, rules: rulesWith(), routes: [], ...changes });
const topics = (...given: Parameters<typeof check>) => check(...given).map(({ level, topic }) => `${level} ${topic}`);
const GOOD = ["ok rules 100 to 103", "ok tables 18001 to 18002", "ok mark 0xad000000"];

describe("preferences, tables and marks of probes", () => {
  test("are free", () => {
    expect(textsOf(check())).toEqual([
      "ok rules 100 to 103: free",
      "ok tables 18001 to 18002: free",
      "ok mark 0xad000000: no rule of another program is for the marks of probes",
    ]);
  });

  test("are those of the running instance, or of a run that was killed", () => {
    const found = { rules: rulesWith(...OWN_RULES), routes: [routeTo("0.0.0.0/0", 18001, { protocol: PROTOCOL })] };
    expect(topics({ ...found, running: true })).toEqual(GOOD);
    expect(check({ ...found, running: true })[0]!.message).toBe("hold the rules for probes of the running instance");
    expect(check(found)[1]!.message).toContain("the routes for probes of a run that was killed");
    expect([...probeBasesOf(rulesAmong(found.rules))]).toEqual([100]);
    expect(otherProbes(100, false).message).toContain("the next start removes them");
  });

  test("are a warning with a rule of another program among them", () => {
    const [first, passed] = check({
      rules: rulesWith({ priority: 101, src: "10.1.0.0", srclen: 16, table: "254" }, { priority: 102, table: "53" }),
    });
    expect(first!.message).toContain("101: from 10.1.0.0/16 lookup main; the rules for probes lead packets past it");
    expect(passed!.message).toContain("102: from all lookup 53; it is among those for probes");
    expect(first!.remedy).toContain("-probe-rule-preference");
  });

  test("are an error with a route of another program in a table, and a warning with a rule that leads there", () => {
    const route = routeTo("9.9.9.9/32", 18002);
    expect(topics({ routes: [route] })).toEqual([GOOD[0]!, "error tables 18001 to 18002", GOOD[2]!]);
    expect(check({ routes: [route] })[1]!.message).toContain("is in table 18002; no rule leads probes there");
    expect(topics({ routes: [routeTo("0.0.0.0/0", 18255)] })[1]).toBe("error tables 18001 to 18002");
    expect(topics({ rules: rulesWith({ priority: 300, table: "18001" }) })[1]).toBe("warning tables 18001 to 18002");
    expect(topics({ rules: rulesWith({ priority: 300, table: "18003" }) })).toEqual(GOOD);
  });

  test.each([
    ["the mark of a gateway", { priority: 300, fwmark: "0xad000001", table: "53" }, "warning"],
    ["all marks of probes", { priority: 300, fwmark: "0xad000000", fwmask: "0xff000000", table: "53" }, "warning"],
    ["a bit that they have, before our rules", { priority: 50, fwmark: "0x1", fwmask: "0x1", table: "53" }, "warning"],
    ["a bit that they have, behind our rules", { priority: 300, fwmark: "0x1", fwmask: "0x1", table: "53" }, "ok"],
    ["a bit that they lack, before our rules", { priority: 50, fwmark: "0x100", fwmask: "0xff00", table: "53" }, "ok"],
    [
      "all but a bit that they have, before ours",
      { priority: 50, not: null, fwmark: "0x1", fwmask: "0x1", table: "53" },
      "ok",
    ],
    ["all but the mark of wg-quick", { priority: 300, not: null, fwmark: "0xca6c", table: "51820" }, "ok"],
    ["the mark of tailscale", { priority: 50, fwmark: "0x80000", fwmask: "0xff0000", table: "52" }, "ok"],
    ["the marks of mwan3", { priority: 2001, fwmark: "0x100", fwmask: "0x3f00", table: "1" }, "ok"],
  ] as const)("with a rule of another program for %s", (_, rule, level) => {
    expect(topics({ rules: rulesWith(rule) })).toEqual([GOOD[0]!, GOOD[1]!, `${level} mark 0xad000000`]);
  });
});
