import { describe, expect, test } from "bun:test";

import { checkTableUse, type TableFacts } from "../../../src/diagnose/table-use.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { OWN_RULE, routeTo, rulesWith, TABLE_REF, textsOf, wantedRoutes } from "./kernel-facts.fixture.ts";

const check = (changes: Partial<TableFacts> = {}) =>
  checkTableUse({
    tableRef: TABLE_REF,
    killSwitch: false,
    managedTables: new Set(),
    rules: rulesWith(),
    routes: [],
    wanted: wantedRoutes(),
    ...changes,
  });

const OURS = { protocol: PROTOCOL };

describe("table and preference", () => {
  test("are free", () => {
    expect(textsOf(check())).toEqual([
      "ok instance: no instance runs that manages table 180",
      "ok table 180: free",
      "ok rule 10888: free",
    ]);
  });

  test("are those of the running instance", () => {
    const routes = [routeTo("0.0.0.0/0", 180, OURS), routeTo("10.0.0.0/8", 180, { ...OURS, type: "throw" })];
    expect(textsOf(check({ managedTables: new Set([180]), rules: rulesWith(OWN_RULE), routes }))).toEqual([
      "ok instance: an instance runs that manages table 180",
      "ok table 180: holds 2 routes of the running instance",
      "ok rule 10888: is that of the running instance",
    ]);
  });

  test("are those that a killed run left, here and in another table", () => {
    const routes = [routeTo("0.0.0.0/0", 180, OURS), routeTo("0.0.0.0/0", 190, OURS), routeTo("0.0.0.0/0", 191, OURS)];
    expect(textsOf(check({ managedTables: new Set([191]), rules: rulesWith(OWN_RULE), routes }))).toEqual([
      "ok instance: no instance runs that manages table 180",
      "ok table 180: holds 1 route of a run that was killed; the next start takes them over",
      "ok rule 10888: is that of a run that was killed; the next start takes it over",
      "ok table 190: holds entries of a run that was killed; the next start removes them",
      "ok table 191: holds entries of another running instance",
    ]);
  });

  test("are an error with another program's route in the place of ours, and a warning with any other route", () => {
    const [contested, other] = check({ routes: [routeTo("0.0.0.0/0", 180), routeTo("9.0.0.0/8", 180)] }).slice(1);
    expect(contested).toMatchObject({ level: "error", topic: "table 180" });
    expect(contested!.message).toContain(
      "unicast route to 0.0.0.0/0 (protocol 4) is in there, in the place of a managed",
    );
    expect(contested!.remedy).toContain("-first-routing-table-id");
    expect(other).toMatchObject({ level: "warning", topic: "table 180" });
    expect(check({ routes: [routeTo("0.0.0.0/0", 180, { metric: 5 })] })[1]).toMatchObject({ level: "warning" });
  });

  test("are a warning with the packets that another program's route takes from the gateways, with a kill switch an error", () => {
    const routes = [
      routeTo("8.0.0.0/7", 180),
      routeTo("0.0.0.0/0", 180, { metric: 500 }),
      routeTo("192.168.7.0/24", 180),
      routeTo("1.0.0.0/8", 180, { type: "throw", nexthops: [] }),
    ];
    const effects = [
      "unicast route to 8.0.0.0/7 (protocol 4) is in there: packets to 8.0.0.0/7 use it instead of the gateways, also while none is usable",
      "unicast route to 0.0.0.0/0 (protocol 4) is in there: packets to any address use it while no gateway is usable",
      "unicast route to 192.168.7.0/24 (protocol 4) is in there, and attracts packets that the service does not manage",
      "throw route to 1.0.0.0/8 (protocol 4) is in there: packets to 1.0.0.0/8 do not reach the gateways",
    ];
    const texts = (killSwitch: boolean): string[] => textsOf(check({ routes, killSwitch }).slice(1, 5));
    const levels = ["error", "error", "warning", "warning"];
    expect(texts(false)).toEqual(effects.map((effect) => `warning table 180: another program's ${effect}`));
    expect(texts(true)).toEqual(effects.map((effect, at) => `${levels[at]} table 180: another program's ${effect}`));
  });

  test("are four preferences with a kill switch", () => {
    const own = { ...OURS, protocol: String(PROTOCOL) };
    const killSwitch = [
      { ...own, priority: 10889, dst: "10.0.0.0", dstlen: 8, goto: 10891 },
      { ...own, priority: 10890, dst: "0.0.0.0", dstlen: 1, action: "7" },
      { ...own, priority: 10891, nop: null },
    ];
    const last = (...rules: Parameters<typeof rulesWith>) =>
      textsOf(check({ killSwitch: true, managedTables: new Set([181]), rules: rulesWith(...rules) }).slice(2));
    expect(last()).toEqual(["ok rules 10888 to 10891: free"]);
    expect(last(OWN_RULE, ...killSwitch)).toEqual([
      "ok rules 10888 to 10891: are those of a run that was killed; the next start takes them over",
    ]);
    expect(last({ priority: 10891, table: "7" })[0]).toStartWith(
      "warning rules 10888 to 10891: a rule of another program",
    );
    expect(last({ ...own, priority: 10889, table: "181" })[0]).toBe(
      "error rules 10888 to 10891: a running instance has one of these preferences: 10889: from all lookup 181",
    );
    expect(textsOf(check({ rules: rulesWith({ priority: 10889, table: "7" }) })).at(-1)).toBe("ok rule 10888: free");
  });

  test("are a warning with another program's rule that leads into the table, or has the preference", () => {
    const rules = rulesWith(
      { priority: 500, table: "180" },
      { priority: 10888, src: "10.1.0.0", srclen: 16, table: "7" },
    );
    expect(textsOf(check({ rules }).slice(1))).toEqual([
      "warning table 180: a rule of another program leads there as well: 500: from all lookup 180",
      "warning rule 10888: a rule of another program has this preference: 10888: from 10.1.0.0/16 lookup 7; the kernel evaluates the older one first",
    ]);
  });
});
