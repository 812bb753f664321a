import { describe, expect, test } from "bun:test";

import type { Quorum } from "../../../src/pool/quorum.ts";
import { type PoolState, selectGateways } from "../../../src/pool/select.ts";
import { NO_TIER_YET, type TierRules } from "../../../src/pool/tiers.ts";

const GATEWAYS = ["a", "b", "c", "d"];

/** Tier 1 has a and b, tier 2 has c and d. */
const RULES: TierRules = {
  of: new Map([
    ["a", 1],
    ["b", 1],
    ["c", 2],
    ["d", 2],
  ]),
  least: 1,
  shortage: "replace",
  failbackDelay: 0,
};

interface Situation {
  readonly healthy: string;
  /** In the order of their losses. */
  readonly lost?: string;
  /** With the end of each hold. */
  readonly holds?: Readonly<Record<string, number>>;
  readonly leaking?: string;
  readonly unusable?: string;
  readonly inUse?: number;
  readonly quorum?: Partial<Quorum>;
  readonly rules?: Partial<TierRules>;
}

function select({ healthy, lost = "", holds = {}, leaking = "", unusable = "", inUse, quorum, rules }: Situation) {
  const state: PoolState = {
    gateways: GATEWAYS,
    healthy: new Set(healthy),
    holds: new Map(Object.entries(holds)),
    lost: [...lost],
    leaking: new Set(leaking),
    tiers: { ...NO_TIER_YET, inUse },
  };
  return selectGateways(state, { least: 0, policy: "keep", ...quorum }, new Set(unusable), { ...RULES, ...rules });
}

/** The tier in use, and its gateways that are used, as `2 cd`. */
function used(situation: Situation): string {
  const { tiers, used } = select(situation);
  return [tiers!.inUse, used.join("")].join(" ");
}

describe("only gateways of the tier in use are used", () => {
  test("and the healthy ones of other tiers stand by", () => {
    expect(select({ healthy: "abc" })).toMatchObject({ used: ["a", "b"], standby: ["c"] });
    expect(select({ healthy: "cd" })).toMatchObject({ used: ["c", "d"], standby: [] });
    expect(select({ healthy: "acd", rules: { least: 2 } })).toMatchObject({ used: ["c", "d"], standby: ["a"] });
  });

  test("together with those of the tiers before it where tiers join", () => {
    expect(select({ healthy: "acd", rules: { least: 2, shortage: "join" } })).toMatchObject({
      used: ["a", "c", "d"],
      standby: [],
    });
  });

  test("and the counts say why", () => {
    expect(select({ healthy: "acd", unusable: "a" }).tiers).toMatchObject({
      inUse: 2,
      counts: [
        { tier: 1, gateways: ["a", "b"], usable: 0 },
        { tier: 2, gateways: ["c", "d"], usable: 2 },
      ],
    });
  });
});

describe("a healthy gateway is not usable for its tier", () => {
  test("while it cannot be a nexthop", () => {
    expect(used({ healthy: "abcd", unusable: "ab" })).toBe("2 cd");
  });

  test("while it is held, even if its tier has no other: another tier carries the traffic", () => {
    const { tiers, released, held } = select({ healthy: "acd", holds: { a: 5000 } });
    expect({ inUse: tiers!.inUse, released, held }).toEqual({ inUse: 2, released: [], held: ["a"] });
  });

  test("unless no gateway of any tier is left: the hold that would end first ends then, whatever its tier", () => {
    expect(select({ healthy: "ac", holds: { a: 5000, c: 4000 } }).released).toEqual(["c"]);
    expect(used({ healthy: "ac", holds: { a: 5000, c: 4000 } })).toBe("2 c");
  });
});

describe("the quorum", () => {
  test("counts the gateways of all tiers", () => {
    expect(select({ healthy: "acd", lost: "b", quorum: { least: 3 } })).toMatchObject({
      used: ["a"],
      kept: [],
      shortage: undefined,
    });
  });

  test("adds gateways of the tier in use only: those lost last with keep", () => {
    const { used, kept, shortage } = select({ healthy: "a", lost: "bdc", quorum: { least: 3 } });
    expect({ used, kept }).toEqual({ used: ["a", "b"], kept: ["b"] });
    expect(shortage).toEqual({ least: 3, policy: "keep", healthy: 1, total: 4 });
  });

  test("adds all of the tier in use with all", () => {
    expect(used({ healthy: "c", lost: "ab", quorum: { least: 2, policy: "all" } })).toBe("2 cd");
  });

  test("uses no gateway of any tier with none", () => {
    expect(select({ healthy: "c", lost: "ab", quorum: { least: 2, policy: "none" } })).toMatchObject({
      used: [],
      shortage: { healthy: 1 },
    });
  });

  test("keeps the tier in use while no gateway is usable, and falls back to others for want of candidates", () => {
    const least = { least: 1 };
    expect(used({ healthy: "", lost: "abc", inUse: 2, quorum: least })).toBe("2 c");
    expect(used({ healthy: "", lost: "ab", inUse: 2, quorum: least })).toBe("1 b");
    expect(used({ healthy: "", lost: "abc", leaking: "c", inUse: 2, quorum: least })).toBe("1 b");
    expect(used({ healthy: "", quorum: { least: 1, policy: "all" } })).toBe("1 ab");
    expect(used({ healthy: "", leaking: "ab", quorum: { least: 1, policy: "all" } })).toBe("2 cd");
  });

  test("keeps no tier in use whose gateways to add cannot be nexthops, while those of another one can", () => {
    expect(used({ healthy: "", unusable: "c", lost: "ac", inUse: 2, quorum: { least: 1 } })).toBe("1 a");
    expect(used({ healthy: "", unusable: "cd", inUse: 2, quorum: { least: 1, policy: "all" } })).toBe("1 ab");
    expect(used({ healthy: "", unusable: "c", inUse: 2, quorum: { least: 1, policy: "all" } })).toBe("2 cd");
    expect(used({ healthy: "", unusable: "abcd", inUse: 2, quorum: { least: 1, policy: "all" } })).toBe("2 cd");
  });

  test("leaves a tier of gateways that are only kept as soon as one of another tier is usable", () => {
    expect(used({ healthy: "a", lost: "bc", inUse: 2, quorum: { least: 2 }, rules: { failbackDelay: 5000 } })).toBe(
      "1 ab",
    );
  });
});

test("without tiers no gateway stands by", () => {
  const state = { gateways: GATEWAYS, healthy: new Set("ab"), holds: new Map(), lost: [] };
  expect(selectGateways(state, { least: 3, policy: "none" }, new Set())).toEqual({
    used: [],
    kept: [],
    held: [],
    released: [],
    shortage: { least: 3, policy: "none", healthy: 2, total: 4 },
    standby: [],
  });
});
