import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import {
  chooseTier,
  countTiers,
  isIn,
  NO_TIER_YET,
  TIER_SHORTAGES,
  tierCarriedBy,
  type TierChoice,
  type TierRules,
  tiersIn,
} from "../../../src/pool/tiers.ts";

/** Two gateways of tier 1, three of tier 2, one of tier 7. */
const OF = new Map([
  ["a", 1],
  ["b", 1],
  ["c", 2],
  ["d", 2],
  ["e", 2],
  ["x", 7],
]);

const rules = (least: number, shortage: TierRules["shortage"] = "replace", failbackDelay = 0): TierRules => ({
  of: OF,
  least,
  shortage,
  failbackDelay,
});

/** The tier in use after each of these steps: the usable gateways and the time. */
function follow(those: TierRules, ...steps: readonly (readonly [usable: string, now: number])[]) {
  let choice: TierChoice = { ...NO_TIER_YET, failback: undefined };
  return steps.map(([usable, now]) => {
    choice = chooseTier(those, new Set(usable), { ...choice, now });
    const { inUse, failback } = choice;
    return failback ? `${inUse}, ${failback.tier} at ${failback.at}` : `${inUse}`;
  });
}

const first = (those: TierRules, usable: string): string => follow(those, [usable, 0])[0]!;

describe("the tier in use", () => {
  test.each([
    ["replace", 1, "a", "1"],
    ["replace", 1, "cde", "2"],
    ["replace", 1, "acde", "1"],
    ["replace", 1, "x", "7"],
    ["replace", 2, "abcde", "1"],
    ["replace", 2, "acde", "2"],
    ["replace", 2, "acx", "1"],
    ["replace", 2, "cx", "2"],
    ["replace", 3, "abcde", "2"],
    ["replace", 9, "abcdex", "1"],
    ["join", 1, "a", "1"],
    ["join", 1, "cde", "2"],
    ["join", 2, "acde", "2"],
    ["join", 2, "ac", "2"],
    ["join", 2, "ax", "7"],
    ["join", 2, "a", "1"],
    ["join", 2, "c", "2"],
    ["join", 3, "abx", "7"],
    ["join", 9, "abc", "2"],
  ] as const)("with %s and %d as enough is that of usable %s: %s", (shortage, least, usable, tier) => {
    expect(first(rules(least, shortage), usable)).toBe(tier);
  });

  test.each(TIER_SHORTAGES)("with %s is none before any gateway was usable, and stays when none is any more", (how) => {
    expect(follow(rules(1, how), ["", 0], ["c", 1], ["", 2], ["a", 3])).toEqual(["undefined", "2", "2", "1"]);
  });

  test("changes at once to a worse tier, whatever the delay", () => {
    expect(follow(rules(1, "replace", 1000), ["ac", 0], ["c", 1])).toEqual(["1", "2"]);
  });
});

describe("the way back to a better tier", () => {
  test("takes place at once without a delay", () => {
    expect(follow(rules(1), ["c", 0], ["ac", 1])).toEqual(["2", "1"]);
  });

  test("waits for the delay", () => {
    expect(follow(rules(1, "replace", 1000), ["c", 0], ["ac", 5], ["ac", 1004], ["ac", 1005])).toEqual([
      "2",
      "2, 1 at 1005",
      "2, 1 at 1005",
      "1",
    ]);
  });

  test("waits for the whole delay anew after too few were usable in between", () => {
    const steps = [
      ["c", 0] as const,
      ["ac", 5] as const,
      ["c", 900] as const,
      ["ac", 901] as const,
      ["ac", 1900] as const,
    ];
    expect(follow(rules(1, "replace", 1000), ...steps, ["ac", 1901])).toEqual([
      "2",
      "2, 1 at 1005",
      "2",
      "2, 1 at 1901",
      "2, 1 at 1901",
      "1",
    ]);
  });

  test("waits for each better tier by itself", () => {
    expect(follow(rules(1, "replace", 1000), ["x", 0], ["cx", 10], ["acx", 500], ["acx", 1010], ["acx", 1500])).toEqual(
      ["7", "7, 2 at 1010", "7, 2 at 1010", "2, 1 at 1500", "1"],
    );
  });

  test("is taken at once when the tier in use has too few itself", () => {
    expect(follow(rules(2, "replace", 1000), ["cd", 0], ["abcd", 10], ["abc", 20])).toEqual(["2", "2, 1 at 1010", "1"]);
  });

  test("waits as well between tiers that both have too few", () => {
    expect(follow(rules(2, "replace", 1000), ["c", 0], ["ac", 10], ["ac", 1010])).toEqual(["2", "2, 1 at 1010", "1"]);
  });

  test("counts from when the better tier has had enough, not from when it was as good as one with too few", () => {
    const steps = [["c", 0] as const, ["ac", 10] as const, ["abcd", 900] as const, ["abcd", 1800] as const];
    expect(follow(rules(2, "replace", 1000), ...steps, ["abcd", 1900])).toEqual([
      "2",
      "2, 1 at 1010",
      "2, 1 at 1900",
      "2, 1 at 1900",
      "1",
    ]);
  });

  test("waits also for the tier that has joined to leave again", () => {
    expect(follow(rules(2, "join", 1000), ["ac", 0], ["abc", 10], ["abc", 1010])).toEqual(["2", "2, 1 at 1010", "1"]);
  });
});

/** Times between steps, and the usable gateways after each. */
const walks = fc.record({
  shortage: fc.constantFrom(...TIER_SHORTAGES),
  least: fc.integer({ min: 1, max: 3 }),
  delay: fc.constantFrom(0, 50),
  steps: fc.array(
    fc.record({
      wait: fc.integer({ min: 0, max: 60 }),
      usable: fc.subarray([...OF.keys()]).map((all) => new Set(all)),
    }),
    { minLength: 1, maxLength: 30 },
  ),
});

describe("whatever happens to the gateways", () => {
  test("a tier in use has a usable gateway while there is one, and enough while one has enough", () => {
    fc.assert(
      fc.property(walks, ({ shortage, least, delay, steps }) => {
        const those = rules(least, shortage, delay);
        let choice: TierChoice = { ...NO_TIER_YET, failback: undefined };
        let now = 0;
        for (const { wait, usable } of steps) {
          now += wait;
          choice = chooseTier(those, usable, { ...choice, now });
          if (usable.size === 0) continue;
          const count = (tier: number): number => [...usable].filter((one) => isIn(those, one, tier)).length;
          const enough = tiersIn(those).some((tier) => count(tier) >= least);
          expect(count(choice.inUse!)).toBeGreaterThanOrEqual(enough ? least : 1);
        }
      }),
    );
  });

  test("a tier to which traffic returns from one with enough has had enough for the whole delay", () => {
    fc.assert(
      fc.property(walks, ({ shortage, least, delay, steps }) => {
        const those = rules(least, shortage, delay);
        const enoughSince = new Map<number, number>();
        let choice: TierChoice = { ...NO_TIER_YET, failback: undefined };
        let now = 0;
        for (const { wait, usable } of steps) {
          now += wait;
          const before = choice.inUse;
          const hasEnough = (tier: number): boolean =>
            [...usable].filter((one) => isIn(those, one, tier)).length >= least;
          for (const tier of tiersIn(those)) {
            if (!hasEnough(tier)) enoughSince.delete(tier);
            else if (!enoughSince.has(tier)) enoughSince.set(tier, now);
          }
          choice = chooseTier(those, usable, { ...choice, now });
          if (before === undefined || choice.inUse! >= before || !hasEnough(before)) continue;
          expect(now - enoughSince.get(choice.inUse!)!).toBeGreaterThanOrEqual(delay);
        }
      }),
    );
  });
});

test("gateways that carry traffic since an earlier run show the tier in use", () => {
  expect(tierCarriedBy(rules(1), ["c", "d"])).toBe(2);
  expect(tierCarriedBy(rules(1, "join"), ["a", "c"])).toBe(2);
  expect(tierCarriedBy(rules(1), ["c", "a"])).toBe(1); // as after a gateway has got another tier
  expect(tierCarriedBy(rules(1), ["z"])).toBeUndefined();
});

test("the usable gateways of each tier are counted", () => {
  expect(countTiers(rules(1), new Set("bcdz"))).toEqual([
    { tier: 1, gateways: ["a", "b"], usable: 1 },
    { tier: 2, gateways: ["c", "d", "e"], usable: 2 },
    { tier: 7, gateways: ["x"], usable: 0 },
  ]);
});
