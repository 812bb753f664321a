import { describe, expect, test } from "bun:test";

import { parsePolicyRules, ruleText } from "../../../../src/routing/iproute2/policy-rules.ts";

/** Printed by `ip -4 -j -d -N rule show` of iproute2 6.1.0. */
const LISTED = `[{"priority":0,"src":"all","table":"255","protocol":"2"},
{"priority":100,"src":"10.0.0.0","srclen":8,"dst":"8.8.8.0","dstlen":24,"fwmark":"0x1","fwmask":"0xff","iif":"d0","ipproto":"ipproto-6","dport":80,"table":"100","protocol":"0"},
{"priority":101,"not":null,"src":"10.1.0.0","srclen":16,"table":"254","suppress_prefixlen":0,"protocol":"0"},
{"priority":102,"src":"all","action":"7","protocol":"0"},
{"priority":103,"src":"all","goto":32766,"protocol":"0"},
{"priority":104,"src":"all","tos":"0x10","uid_start":0,"uid_end":100,"sport_start":1,"sport_end":20,"table":"33","protocol":"173"},
{"priority":105,"src":"all","nop":null,"protocol":"0"},
{"priority":106,"src":"all","l3mdev":null,"protocol":"0"},
{"priority":32766,"src":"all","table":"254","protocol":"2"}]`;

describe("rules of all kinds", () => {
  test("look as ip shows them", () => {
    expect(parsePolicyRules(LISTED).map(ruleText)).toEqual([
      "0: from all lookup local",
      "100: from 10.0.0.0/8 to 8.8.8.0/24 fwmark 0x1/0xff iif d0 ipproto tcp dport 80 lookup 100",
      "101: not from 10.1.0.0/16 lookup main suppress_prefixlength 0",
      "102: from all unreachable",
      "103: from all goto 32766",
      "104: from all tos 0x10 uidrange 0-100 sport 1-20 lookup 33",
      "105: from all nop",
      "106: from all lookup [l3mdev-table]",
      "32766: from all lookup main",
    ]);
  });

  test("select something or take every packet", () => {
    const everything = parsePolicyRules(LISTED).filter(({ selector }) => selector === "");
    expect(everything.map(({ preference }) => preference)).toEqual([0, 102, 103, 105, 106, 32766]);
  });

  test("have an action and a protocol", () => {
    const rules = parsePolicyRules(LISTED);
    expect(rules.map(({ action }) => action)).toEqual([
      { kind: "lookup", table: 255, suppress: undefined },
      { kind: "lookup", table: 100, suppress: undefined },
      { kind: "lookup", table: 254, suppress: 0 },
      { kind: "reject", how: "unreachable" },
      { kind: "goto", preference: 32766 },
      { kind: "lookup", table: 33, suppress: undefined },
      { kind: "pass" },
      { kind: "l3mdev" },
      { kind: "lookup", table: 254, suppress: undefined },
    ]);
    expect(rules[5]!.protocol).toBe(173);
  });

  test("an empty list is no rules", () => {
    expect(parsePolicyRules("")).toEqual([]);
    expect(parsePolicyRules("[{}]")).toEqual([]);
  });
});
