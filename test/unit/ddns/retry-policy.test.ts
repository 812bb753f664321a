import { describe, expect, test } from "bun:test";

import type { RecordChange } from "../../../src/ddns/plan-records.ts";
import { ProviderError } from "../../../src/ddns/providers/provider.ts";
import { RetryPolicy } from "../../../src/ddns/retry-policy.ts";
import type { Outcome } from "../../../src/ddns/update.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DIFFERENCE = { detail: "the provider stores a time to live of 30s, not 10s" } as const;
const DENIAL = new ProviderError("access", "wrong key");

/** The greatest number that a Random gives. */
const ALMOST_ONE = 1 - 2 ** -53;

const add = (address: string): RecordChange => ({ op: "add", content: { address, ttl: 60 } });

/** A policy whose random waits are the shortest ones, and the verdict after an update with this end. */
function openPolicy(policy = new RetryPolicy(() => 0)) {
  return (end: Outcome["end"], more: Partial<Outcome> = {}) =>
    policy.after({
      ...{ end, listed: end !== DENIAL, changes: [], planned: "1.0.0.1" },
      ...{ acceptedTtl: undefined, addresses: [], retained: [] },
      ...more,
    });
}

/** The seconds to wait after the same end, so many times in a row. */
function waitsAfter(times: number, after: () => { readonly waitMs: number }): number[] {
  return Array.from({ length: times }, () => after().waitMs / SECOND);
}

test.each([
  ["after a failure that only a person can correct", DENIAL, 15 * MINUTE, 60 * MINUTE],
  ["after a declined change", new ProviderError("refused", "no"), 15 * MINUTE, 60 * MINUTE],
  ["between checks of correct records", "correct", 10 * MINUTE, 15 * MINUTE],
  ["after a difference", DIFFERENCE, 2 * SECOND, 4 * SECOND],
  ["after a failure that may pass", new ProviderError("passing", "timeout"), 0, SECOND],
] as const)("the wait %s is spread evenly over its range", (_, end, least, most) => {
  for (const chance of [0, 0.25, 0.5, 0.75, ALMOST_ONE]) {
    const { waitMs } = openPolicy(new RetryPolicy(() => chance))(end);
    expect(waitMs).toBeCloseTo(least + chance * (most - least), 3);
  }
});

describe("after a difference", () => {
  test("the wait doubles from 2 s on, and from the eighth in a row on a person has to resolve it", () => {
    const after = openPolicy();
    const verdicts = Array.from({ length: 9 }, () => after(DIFFERENCE));
    expect(verdicts.map(({ waitMs }) => waitMs / SECOND)).toEqual([2, 4, 8, 16, 32, 64, 128, 900, 900]);
    const kinds = verdicts.map(({ failure }) => failure?.kind);
    expect(kinds).toEqual([...Array<"passing">(7).fill("passing"), "refused", "refused"]);
  });

  test("other desired records do not wait", () => {
    expect(openPolicy()(DIFFERENCE).onlyTimeHelps).toBe(false);
  });

  test.each([
    ["correct records", "correct", "1.0.0.1"],
    ["an update without anything to do", "idle", undefined],
  ] as const)("%s start the waits anew", (_, end, planned) => {
    const after = openPolicy();
    expect(waitsAfter(3, () => after(DIFFERENCE))).toEqual([2, 4, 8]);
    after(end, { planned });
    expect(waitsAfter(2, () => after(DIFFERENCE))).toEqual([2, 4]);
  });

  test("other desired addresses start the waits anew", () => {
    const after = openPolicy();
    expect(waitsAfter(3, () => after(DIFFERENCE))).toEqual([2, 4, 8]);
    expect(waitsAfter(2, () => after(DIFFERENCE, { planned: "1.0.0.2" }))).toEqual([2, 4]);
  });
});

describe("after a reset, for a router that takes over", () => {
  test("the waits start anew, although the same addresses are desired", () => {
    const policy = new RetryPolicy(() => 0.999);
    const after = openPolicy(policy);
    for (const end of [DIFFERENCE, new ProviderError("passing", "status 503")]) {
      const first = after(end);
      for (let count = 0; count < 8; count++) after(end);
      policy.reset();
      expect(after(end)).toEqual(first);
    }
  });

  test("access that worked is still trusted, since the key is the same", () => {
    const policy = new RetryPolicy(() => 0);
    const after = openPolicy(policy);
    after("correct");
    policy.reset();
    expect(after(DENIAL).failure?.kind).toBe("passing");
  });
});

describe("after a denial", () => {
  test("of access that has never worked, the wait is long", () => {
    expect(openPolicy()(DENIAL)).toMatchObject({ waitMs: 15 * MINUTE, failure: { kind: "access" } });
  });

  test("of access that has not been seen to work, whatever failed before, the wait is long", () => {
    const after = openPolicy();
    after(new ProviderError("passing", "status 503"), { listed: false });
    expect(after(DENIAL).failure?.kind).toBe("access");
  });

  test("of a change, by a provider that let the same access read for the first time, the wait is long", () => {
    const after = openPolicy();
    expect(after(DENIAL, { listed: true }).failure?.kind).toBe("access"); // it may lack the right to write
    expect(after(DENIAL).failure?.kind).toBe("access");
  });

  test("other desired records wait as well, also during the short waits", () => {
    const after = openPolicy();
    after("correct");
    expect(Array.from({ length: 4 }, () => after(DENIAL).onlyTimeHelps)).toEqual([true, true, true, true]);
  });

  test.each([
    ["the records were read", "correct"],
    ["the records were read and differed", DIFFERENCE],
  ] as const)("of access that worked, because %s, three more tries follow in seconds", (_, end) => {
    const after = openPolicy();
    for (let round = 0; round < 2; round++) {
      after(end);
      const verdicts = Array.from({ length: 4 }, () => after(DENIAL));
      expect(verdicts.map(({ waitMs }) => waitMs / SECOND)).toEqual([2, 4, 8, 900]);
      expect(verdicts.map(({ failure }) => failure?.kind)).toEqual(["passing", "passing", "passing", "access"]);
    }
  });
});

describe("after failures that may pass", () => {
  /** The wait in seconds that the policy would choose at most, with full jitter up to it. */
  const longest = (changes: readonly (readonly RecordChange[])[]): number[] => {
    const policy = new RetryPolicy(() => 1);
    const end = new ProviderError("passing", "connection reset");
    const rest = { listed: true, acceptedTtl: undefined, addresses: [], retained: [], planned: "1.0.0.1" };
    return changes.map((made) => policy.after({ end, changes: made, ...rest }).waitMs / SECOND);
  };

  test("the wait grows, and starts anew where changes succeed meanwhile", () => {
    expect(longest([[], [], [add("1.0.0.1")], []])).toEqual([1, 2, 1, 2]);
  });

  test("the wait grows also where the same changes succeed again and again", () => {
    const same = [add("1.0.0.1")];
    expect(longest([same, same, same])).toEqual([1, 2, 4]);
  });
});
