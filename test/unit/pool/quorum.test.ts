import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { choose, publishable, QUORUM_POLICIES, type Quorum } from "../../../src/pool/quorum.ts";

const GATEWAYS = ["a", "b", "c", "d", "e"];

const used = (healthy: string, lost: string, least: number, policy: Quorum["policy"] = "keep") => {
  const choice = choose({ gateways: GATEWAYS, healthy: new Set(healthy), lost: [...lost] }, { least, policy });
  return `${choice.used.join("")} ${choice.kept.join("")}${choice.short ? " short" : ""}`;
};

describe("with enough healthy gateways", () => {
  test.each(QUORUM_POLICIES)("exactly they are used, whatever the policy: %s", (policy) => {
    expect(used("ac", "bde", 2, policy)).toBe("ac ");
    expect(used("", "abcde", 0, policy)).toBe(" ");
  });
});

describe("with too few", () => {
  test("keep: as many of those that were lost last as are missing", () => {
    expect(used("c", "badge", 2)).toBe("ce e short");
    expect(used("", "baced", 2)).toBe("de de short");
    expect(used("", "abcde", 5)).toBe("abcde abcde short");
  });

  test("keep: what was never healthy is not kept", () => {
    expect(used("", "b", 3)).toBe("b b short");
    expect(used("", "", 3)).toBe("  short");
  });

  test("all: the whole range", () => {
    expect(used("c", "b", 2, "all")).toBe("abcde abde short");
    expect(used("", "", 1, "all")).toBe("abcde abcde short");
  });

  test("none: nothing, also not the healthy ones", () => {
    expect(used("c", "badge", 2, "none")).toBe("  short");
  });
});

test("whatever happens: the healthy ones are used but with none, keep never goes below what it can, all is all", () => {
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

describe("a name resolves", () => {
  const of = (active: string, kept: string, before: string | undefined): string =>
    publishable([...active], new Set(kept), before === undefined ? undefined : new Set(before)).join("");

  test("to those that are healthy and used", () => {
    expect(of("abc", "", "a")).toBe("abc");
  });

  test("to those that are kept only where it did so before", () => {
    expect(of("abcd", "cd", "bd")).toBe("abd");
    expect(of("abcd", "cd", undefined)).toBe("ab");
  });

  test("to those that are kept in any case where it would be empty without them", () => {
    expect(of("cd", "cd", "ab")).toBe("cd");
    expect(of("cd", "cd", undefined)).toBe("cd");
    expect(of("", "", "ab")).toBe("");
  });
});
