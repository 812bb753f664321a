import { describe, expect, test } from "bun:test";

import { type Cidr, formatCidr, parseCidr } from "../../../src/net/cidr.ts";
import { batchText, commandOf } from "../../../src/routing/iproute2/batch.ts";
import {
  baseOf,
  KILL_SWITCH_SPAN,
  killSwitchRules,
  rejectTypeOf,
  removalOrder,
} from "../../../src/routing/kill-switch.ts";

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

const guard = (managed: string[], exclusions: string[], busy: string[] = []) =>
  killSwitchRules("unreachable", 10888, cidrs(...managed), cidrs(...exclusions), cidrs(...busy));

/** The rules in a few words: `10889 10.0.0.0/8` for a way past, `10890 ! 0.0.0.0/1` for a refusal, `10891` for the end. */
const tell = (...given: Parameters<typeof guard>): string[] =>
  guard(...given).map((rule) => {
    const to = "to" in rule ? ` ${rule.kind === "reject" ? "! " : ""}${formatCidr(rule.to)}` : "";
    return `${rule.preference}${to}`;
  });

describe("rules that refuse", () => {
  test("refuse everything in two halves, and let exclusions past", () => {
    expect(tell(["0.0.0.0/0"], ["10.0.0.0/8", "127.0.0.0/8"])).toEqual([
      "10891",
      "10889 10.0.0.0/8",
      "10889 127.0.0.0/8",
      "10890 ! 0.0.0.0/1",
      "10890 ! 128.0.0.0/1",
    ]);
  });

  test("name everything that tells them apart", () => {
    const commands = guard(["1.0.0.0/8"], ["1.2.0.0/16"]).map((rule) => commandOf({ op: "delete-rule", rule }, 180));
    expect(batchText(commands).split("\n")).toEqual([
      "rule del pref 10891 from all nop protocol 173",
      "rule del pref 10889 from all to 1.2.0.0/16 goto 10891 protocol 173",
      "rule del pref 10890 from all to 1.0.0.0/8 unreachable protocol 173",
      "",
    ]);
  });

  test("need no way past where nothing inside is excluded", () => {
    expect(tell(["1.0.0.0/8", "2.0.0.0/8"], ["10.0.0.0/8"])).toEqual(["10890 ! 1.0.0.0/8", "10890 ! 2.0.0.0/8"]);
    expect(tell([], ["10.0.0.0/8"])).toEqual([]);
  });

  test("of networks inside one another are those of the outermost", () => {
    expect(tell(["1.2.0.0/16", "1.0.0.0/8", "1.0.0.0/8"], ["1.2.3.0/24", "1.2.3.4/32"])).toEqual([
      "10891",
      "10889 1.2.3.0/24",
      "10890 ! 1.0.0.0/8",
    ]);
  });

  test("a managed destination inside an exclusion is cut out of it, and an exclusion inside that has its own way", () => {
    expect(tell(["0.0.0.0/0", "10.128.0.0/9"], ["10.0.0.0/8", "10.200.0.0/16"])).toEqual([
      "10891",
      "10889 10.0.0.0/9",
      "10889 10.200.0.0/16",
      "10890 ! 0.0.0.0/1",
      "10890 ! 128.0.0.0/1",
    ]);
  });

  test("the ways past that are used most come first", () => {
    expect(tell(["0.0.0.0/0"], ["127.0.0.0/8", "10.0.0.0/8"], ["10.1.0.0/24"]).slice(1, 3)).toEqual([
      "10889 10.0.0.0/8",
      "10889 127.0.0.0/8",
    ]);
  });

  test("tell the preference that they stand behind, unless they are of another's making", () => {
    const rules = guard(["0.0.0.0/0"], ["10.0.0.0/8"]);
    expect(new Set(rules.map(baseOf))).toEqual(new Set([10888]));
    const [to] = cidrs("10.0.0.0/8");
    expect(baseOf({ kind: "goto", family: 4, preference: 10889, to: to!, target: 32766 })).toBeUndefined();
  });

  test("fit into so many preferences, in every order", () => {
    const rules = guard(["0.0.0.0/0"], ["10.0.0.0/8"]);
    const preferences = new Set([10888, ...rules.map(({ preference }) => preference)]);
    expect(preferences.size).toBe(KILL_SWITCH_SPAN);
    expect(new Set(removalOrder(10888))).toEqual(preferences);
    expect(removalOrder(10888)[0]).toBe(rules.find(({ kind }) => kind === "reject")!.preference);
  });
});

test("three modes refuse", () => {
  const modes = ["fall-through", "keep", "unreachable", "prohibit", "blackhole"] as const;
  expect(modes.filter((mode) => rejectTypeOf(mode) === mode)).toEqual(["unreachable", "prohibit", "blackhole"]);
});
