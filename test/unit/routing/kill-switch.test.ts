import { describe, expect, test } from "bun:test";

import { formatCidr } from "../../../src/net/cidr.ts";
import { batchText, commandOf } from "../../../src/routing/iproute2/batch.ts";
import {
  baseOf,
  KILL_SWITCH_SPAN,
  killSwitchRules,
  rejectTypeOf,
  removalOrder,
} from "../../../src/routing/kill-switch.ts";
import { cidrs } from "./plan.fixture.ts";

const rulesFor = (managed: string[], exclusions: string[], busy: string[] = []) =>
  killSwitchRules("unreachable", 10888, cidrs(...managed), cidrs(...exclusions), cidrs(...busy));

/** The rules as texts: `10889 10.0.0.0/8` exempts, `10890 ! 0.0.0.0/1` rejects, `10891` is the target of exemptions. */
const textsFor = (...given: Parameters<typeof rulesFor>): string[] =>
  rulesFor(...given).map((rule) => {
    const to = "to" in rule ? ` ${rule.kind === "reject" ? "! " : ""}${formatCidr(rule.to)}` : "";
    return `${rule.preference}${to}`;
  });

describe("the rules of a kill switch", () => {
  test("reject everything in two halves and exempt the exclusions", () => {
    expect(textsFor(["0.0.0.0/0"], ["10.0.0.0/8", "127.0.0.0/8"])).toEqual([
      "10891",
      "10889 10.0.0.0/8",
      "10889 127.0.0.0/8",
      "10890 ! 0.0.0.0/1",
      "10890 ! 128.0.0.0/1",
    ]);
  });

  test("are deleted by commands that name every selector", () => {
    const commands = rulesFor(["1.0.0.0/8"], ["1.2.0.0/16"]).map((rule) => commandOf({ op: "delete-rule", rule }));
    expect(batchText(commands).split("\n")).toEqual([
      "rule del pref 10891 from all nop protocol 173",
      "rule del pref 10889 from all to 1.2.0.0/16 goto 10891 protocol 173",
      "rule del pref 10890 from all to 1.0.0.0/8 unreachable protocol 173",
      "",
    ]);
  });

  test("include no exemption where no exclusion is inside a managed destination", () => {
    expect(textsFor(["1.0.0.0/8", "2.0.0.0/8"], ["10.0.0.0/8"])).toEqual(["10890 ! 1.0.0.0/8", "10890 ! 2.0.0.0/8"]);
    expect(textsFor([], ["10.0.0.0/8"])).toEqual([]);
  });

  test("cover only the outermost of nested networks", () => {
    expect(textsFor(["1.2.0.0/16", "1.0.0.0/8", "1.0.0.0/8"], ["1.2.3.0/24", "1.2.3.4/32"])).toEqual([
      "10891",
      "10889 1.2.3.0/24",
      "10890 ! 1.0.0.0/8",
    ]);
  });

  test("exempt an exclusion without the managed destination inside it, and an exclusion inside that one separately", () => {
    expect(textsFor(["0.0.0.0/0", "10.128.0.0/9"], ["10.0.0.0/8", "10.200.0.0/16"])).toEqual([
      "10891",
      "10889 10.0.0.0/9",
      "10889 10.200.0.0/16",
      "10890 ! 0.0.0.0/1",
      "10890 ! 128.0.0.0/1",
    ]);
  });

  test("begin with the exemptions that have the most traffic", () => {
    expect(textsFor(["0.0.0.0/0"], ["127.0.0.0/8", "10.0.0.0/8"], ["10.1.0.0/24"]).slice(1, 3)).toEqual([
      "10889 10.0.0.0/8",
      "10889 127.0.0.0/8",
    ]);
  });

  test("show the preference of their look-up rule, unless their target is not ours", () => {
    const rules = rulesFor(["0.0.0.0/0"], ["10.0.0.0/8"]);
    expect(new Set(rules.map(baseOf))).toEqual(new Set([10888]));
    const [to] = cidrs("10.0.0.0/8");
    expect(baseOf({ kind: "goto", family: 4, preference: 10889, to: to!, target: 32766 })).toBeUndefined();
  });

  test("use exactly the preferences that are reserved for them, which are removed with the rejecting rules first", () => {
    const rules = rulesFor(["0.0.0.0/0"], ["10.0.0.0/8"]);
    const preferences = new Set([10888, ...rules.map(({ preference }) => preference)]);
    expect(preferences.size).toBe(KILL_SWITCH_SPAN);
    expect(new Set(removalOrder(10888))).toEqual(preferences);
    expect(removalOrder(10888)[0]).toBe(rules.find(({ kind }) => kind === "reject")!.preference);
  });
});

test("packets are rejected in three of the five modes", () => {
  const modes = ["fall-through", "keep", "unreachable", "prohibit", "blackhole"] as const;
  expect(modes.filter((mode) => rejectTypeOf(mode) === mode)).toEqual(["unreachable", "prohibit", "blackhole"]);
});
