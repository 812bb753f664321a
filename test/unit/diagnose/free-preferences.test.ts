import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { checkPrecedingRules } from "../../../src/diagnose/preceding-rules.ts";
import { movesBefore, type PlacedRules } from "../../../src/diagnose/free-preferences.ts";
import { FLAG_WORDS, settingWords } from "../../../src/diagnose/setting-words.ts";
import type { RuleDiversion } from "../../../src/routing/diversions.ts";
import { rulesWith, TABLE_REF } from "./kernel-facts.fixture.ts";

const pool = (preference: number, span = 4, name = `p${preference}`): PlacedRules => ({
  ...{ kind: "pool", name, preference, span },
});
const probes = (preference: number): PlacedRules => ({ kind: "probes", preference, span: 4 });
const rulesAt = (...preferences: number[]) => rulesWith(...preferences.map((priority) => ({ priority, table: "53" })));

const movesOf = (limit: number, chain: PlacedRules[], ...others: number[]) =>
  movesBefore(limit, chain, rulesAt(limit, ...others))?.map(({ rules, to }) => [rules.preference, to]);

describe("the preferences of several pools before a rule of another program", () => {
  test("fit together, in the order of the pools", () => {
    expect(movesOf(100, [pool(10888), pool(10896, 1)])).toEqual([
      [10888, 95],
      [10896, 99],
    ]);
  });

  test("are free", () => {
    expect(movesOf(100, [pool(10888), pool(10896)], 97, 93)).toEqual([
      [10888, 85],
      [10896, 89],
    ]);
  });

  test("change for those alone that come after it, if there is room", () => {
    expect(movesOf(10_920, [pool(10_888), pool(10_896), pool(10_928)])).toEqual([[10_928, 10_916]]);
    expect(movesOf(10_902, [pool(10_888), pool(10_896), pool(10_928)])).toEqual([
      [10_896, 10_894],
      [10_928, 10_898],
    ]);
  });

  test("come after those of probes, which move as well where they have to", () => {
    expect(movesOf(10_890, [probes(10_880), pool(10_891)])).toEqual([[10_891, 10_886]]);
    expect(movesOf(100, [probes(10_880), pool(10_888)])).toEqual([
      [10_880, 92],
      [10_888, 96],
    ]);
  });

  test("are none where there is no room", () => {
    expect(movesOf(8, [pool(10_888), pool(10_896)])).toBeUndefined();
    expect(movesOf(9, [pool(10_888), pool(10_896)])).toEqual([
      [10_888, 1],
      [10_896, 5],
    ]);
  });

  test("are ascending, free and before it, whatever there is", () => {
    const chains = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(1, 4)), { minLength: 1, maxLength: 5 })
      .map((gaps) => {
        let end = 20;
        return gaps.map(([gap, span]) => {
          const one = pool(end + gap, span);
          end = one.preference + span;
          return one;
        });
      });
    fc.assert(
      fc.property(
        chains,
        fc.integer({ min: 1, max: 80 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 80 })),
        (chain, limit, others) => {
          const moves = movesBefore(limit, chain, rulesAt(limit, ...others));
          if (moves === undefined) return;
          const after = chain.map((one) => ({
            ...one,
            preference: moves.find(({ rules }) => rules === one)?.to ?? one.preference,
          }));
          const used = after.flatMap(({ preference, span }) =>
            Array.from({ length: span }, (_, index) => preference + index),
          );
          expect(used).toEqual([...new Set(used)].sort((a, b) => a - b));
          expect(used.every((one) => one >= 1 && one < limit)).toBe(true);
          const moved = moves.flatMap(({ rules: { span }, to }) =>
            Array.from({ length: span }, (_, index) => to + index),
          );
          expect(moved.filter((one) => others.includes(one))).toEqual([]);
        },
      ),
    );
  });
});

describe("the remedy for a preceding rule", () => {
  const rules = rulesAt(100);
  const [rule] = rules.filter(({ preference }) => preference === 100);
  const diversion = { rule: rule!, extent: "all", networks: [], more: 0, everything: true } satisfies RuleDiversion;
  const remedyOf = (chain: PlacedRules[], words = FLAG_WORDS) =>
    checkPrecedingRules({ tableRef: TABLE_REF, rules, killSwitch: false, words }, [diversion], { chain, rules })[0]!
      .remedy;
  const inFile = settingWords({ config: "/etc/file.toml" });

  test("is the same for each of several pools, and names all of them", () => {
    expect(remedyOf([pool(10_888, 4, "vpn"), pool(10_896, 1, "rest")], inFile)).toBe(
      "set preference = 95 of pool vpn and preference = 99 of pool rest, or give that rule a preference above 10896",
    );
  });

  test("moves the rules for probes with those of the pool, in both notations", () => {
    const chain = [probes(10_880), { kind: "pool" as const, preference: 10_888, span: 1 }];
    expect(remedyOf(chain)).toBe(
      "set -probe-rule-preference 95 -first-rule-preference 99, or give that rule a preference above 10888",
    );
    expect(remedyOf(chain, inFile)).toBe(
      "set probe-rule-preference = 95 of [service] and preference = 99, or give that rule a preference above 10888",
    );
  });
});
