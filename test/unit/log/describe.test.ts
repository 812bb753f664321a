import { expect, test } from "bun:test";

import { describeConflict, describeEntry, describeFight, describeRepair } from "../../../src/log/describe.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Entry } from "../../../src/routing/entry.ts";
import type { Rule } from "../../../src/routing/types.ts";

const to = parseCidr("10.0.0.0/8")!;
const route = (metric = 0): Extract<Entry, { object: "route" }> => ({
  object: "route",
  table: 180,
  destination: parseCidr("0.0.0.0/0")!,
  metric,
});
const route6 = (metric: number): Entry => ({ ...route(metric), destination: parseCidr("::/0", [6])! });
const rule = (rule: Rule): Entry => ({ object: "rule", rule });
const PLACE = { family: 4, preference: 101 } as const;
const MARKS = { mark: 0xad000000, mask: 0xff000000 };
const LOOKUP = rule({ kind: "lookup", family: 4, preference: 10_888, table: 180 });

test.each<[Entry, string]>([
  [route(), "route 0.0.0.0/0"],
  [route(4_294_967_295), "route 0.0.0.0/0 metric 4294967295"],
  [LOOKUP, "rule 10888 to table 180"],
  [rule({ kind: "goto", family: 4, preference: 10_889, to, target: 10_891 }), "rule 10889 goto 10891 for 10.0.0.0/8"],
  [rule({ kind: "reject", family: 4, preference: 10_890, to, how: "prohibit" }), "rule 10890 prohibit for 10.0.0.0/8"],
  [rule({ kind: "nop", family: 4, preference: 10_891 }), "rule 10891 nop"],
  [{ ...route(), table: 18_001, forProbes: true }, "route 0.0.0.0/0 for probes through table 18001"],
  [
    { ...route(4_294_967_295), table: 18_001, forProbes: true },
    "route 0.0.0.0/0 metric 4294967295 for probes through table 18001",
  ],
  [
    rule({ kind: "mark", ...PLACE, mark: 0xad000001, mask: 0xff0000ff, table: 18_001 }),
    "rule 101 for probes through table 18001",
  ],
  [rule({ kind: "unmarked", ...PLACE, ...MARKS, target: 102 }), "rule 101 for packets that are no probes"],
  [rule({ kind: "stray", ...PLACE, ...MARKS }), "rule 101 unreachable for probes without a route"],
  [
    rule({ kind: "answer", ...PLACE, from: parseCidr("10.0.0.1/32")!, to: parseCidr("1.1.1.1/32")!, table: 18_255 }),
    "rule 101 for answers to probes from 1.1.1.1",
  ],
  [{ object: "kill-switch" }, "kill switch"],
  [route6(1024), "route ::/0"],
  [route6(4_294_967_294), "route ::/0 metric 4294967294"],
  [rule({ kind: "lookup", family: 6, preference: 10_888, table: 180 }), "IPv6 rule 10888 to table 180"],
  [rule({ kind: "nop", family: 6, preference: 10_891 }), "IPv6 rule 10891 nop"],
])("%j is described as %s", (entry, text) => {
  expect(describeEntry(entry)).toBe(text);
});

test("a repair and a fight name their entries, up to a number", () => {
  expect(describeRepair([LOOKUP], 2)).toBe(
    "rule 10888 to table 180 was removed or altered by another program; restored",
  );
  expect(describeRepair([LOOKUP, route(), route(1)], 2)).toBe(
    "rule 10888 to table 180, route 0.0.0.0/0 and 1 more were removed or altered by another program; restored",
  );
  expect(describeFight([route()], 2)).toBe("another program keeps undoing route 0.0.0.0/0");
});

test("a conflict describes the route of the other program", () => {
  const found = { family: 4, table: 180, type: "unicast", destination: to, metric: 0, protocol: 4 } as const;
  const nexthops = [
    { gateway: "10.0.0.9", weight: 1 },
    { gateway: "", weight: 1, device: "eth0" },
  ];
  expect(describeConflict(route(), { ...found, nexthops })).toBe(
    "cannot set route 0.0.0.0/0: another program has a unicast route of protocol 4 via 10.0.0.9, a device there",
  );
  expect(describeConflict(route(), { ...found, type: "blackhole", nexthops: [] })).toBe(
    "cannot set route 0.0.0.0/0: another program has a blackhole route of protocol 4 there",
  );
});
