import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { choose, publishable, QUORUM_POLICIES, type Quorum } from "../../../src/pool/quorum.ts";

const GATEWAYS = ["a", "b", "c", "d", "e"];

const chosen = (healthy: string, lost: string, least: number, policy: Quorum["policy"] = "keep") => {
  const choice = choose({ gateways: GATEWAYS, healthy: new Set(healthy), lost: [...lost] }, { least, policy });
  return `${choice.used.join("")} ${choice.kept.join("")}${choice.short ? " short" : ""}`;
};

describe("with enough healthy gateways", () => {
  test.each(QUORUM_POLICIES)("the policy %s uses exactly the healthy ones", (policy) => {
    expect(chosen("ac", "bde", 2, policy)).toBe("ac ");
    expect(chosen("", "abcde", 0, policy)).toBe(" ");
  });
});

describe("with too few healthy gateways the policy", () => {
  test("keep adds as many as are missing of those that were lost last", () => {
    expect(chosen("c", "badge", 2)).toBe("ce e short");
    expect(chosen("", "baced", 2)).toBe("de de short");
    expect(chosen("", "abcde", 5)).toBe("abcde abcde short");
  });

  test("keep adds no gateway that was never healthy", () => {
    expect(chosen("", "b", 3)).toBe("b b short");
    expect(chosen("", "", 3)).toBe("  short");
  });

  test("all uses the whole range", () => {
    expect(chosen("c", "b", 2, "all")).toBe("abcde abde short");
    expect(chosen("", "", 1, "all")).toBe("abcde abcde short");
  });

  test("none uses no gateway, not even a healthy one", () => {
    expect(chosen("c", "badge", 2, "none")).toBe("  short");
  });
});

test("for random gateways each policy uses its number of gateways, the healthy ones among them", () => {
  const subset = fc.subarray(GATEWAYS);
  const order = fc.shuffledSubarray(GATEWAYS);
  const policies = fc.constantFrom(...QUORUM_POLICIES);
  fc.assert(
    fc.property(subset, order, fc.nat(5), policies, (healthy, downs, least, policy) => {
      const lost = downs.filter((gateway) => !healthy.includes(gateway));
      const choice = choose({ gateways: GATEWAYS, healthy: new Set(healthy), lost }, { least, policy });
      expect(choice.short).toBe(healthy.length < least);
      const size = !choice.short
        ? healthy.length
        : { keep: Math.min(least, healthy.length + lost.length), all: GATEWAYS.length, none: 0 }[policy];
      expect(choice.used).toHaveLength(size);
      expect(choice.kept).toEqual(choice.used.filter((gateway) => !healthy.includes(gateway)));
      if (size > 0) for (const gateway of healthy) expect(choice.used).toContain(gateway);
    }),
  );
});

describe("the gateways that a name resolves to", () => {
  const of = (active: string, kept: string, before: string | undefined): string =>
    publishable([...active], new Set(kept), before === undefined ? undefined : new Set(before)).join("");

  test("are those that are used and healthy", () => {
    expect(of("abc", "", "a")).toBe("abc");
  });

  test("include a gateway kept by the quorum only if the name resolved to it before", () => {
    expect(of("abcd", "cd", "bd")).toBe("abd");
    expect(of("abcd", "cd", undefined)).toBe("ab");
  });

  test("include all gateways kept by the quorum if there are no others", () => {
    expect(of("cd", "cd", "ab")).toBe("cd");
    expect(of("cd", "cd", undefined)).toBe("cd");
    expect(of("", "", "ab")).toBe("");
  });
});
