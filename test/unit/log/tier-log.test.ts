import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import type { Level } from "../../../src/log/log.ts";
import { createServiceLog } from "../../../src/log/service-log.ts";

const MEMBERS = [
  { gateway: "10.0.0.1", name: "sweden", weight: 2, tier: 1 },
  { gateway: "10.0.0.2", name: "norway", weight: 1, tier: 1 },
  { gateway: "10.0.0.3", weight: 1, tier: 2 },
  { gateway: "10.0.0.4", name: "lte", weight: 1, tier: 3 },
];

/** The lines after these events. */
function sentences(...events: readonly ServiceEvent[]): string[] {
  const lines: string[] = [];
  const write = (level: Level, message: string): void => void lines.push(`${level}: ${message}`);
  const record = createServiceLog(Object.assign(write, { writes: () => true }), [{ dnsNames: [], members: MEMBERS }]);
  for (const event of events) record(event);
  return lines;
}

const report = (usable: readonly [number, number, number], shortage: "replace" | "join" = "replace", least = 1) => ({
  shortage,
  least,
  counts: [
    { tier: 1, gateways: ["10.0.0.1", "10.0.0.2"], usable: usable[0] },
    { tier: 2, gateways: ["10.0.0.3"], usable: usable[1] },
    { tier: 3, gateways: ["10.0.0.4"], usable: usable[2] },
  ],
});

const tier = (to: number, before: number | undefined, ...given: Parameters<typeof report>): ServiceEvent => {
  return { type: "tier", tier: to, before, ...report(...given) };
};

describe("the log names the tier that takes over", () => {
  test("with why the better ones do not carry the traffic", () => {
    expect(sentences(tier(2, 1, [0, 1, 1]), tier(3, 2, [1, 0, 1], "replace", 2))).toEqual([
      "warn: all traffic now uses tier 2 (10.0.0.3): tier 1 has 0 of 2 usable gateways",
      "warn: all traffic now uses tier 3 (lte): tier 1 has 1 of 2 usable gateways, fewer than 2 (-tier-min), tier 2 has 0 of 1 usable gateways",
    ]);
  });

  test("beside those that still carry traffic, where tiers join", () => {
    expect(sentences(tier(2, 1, [1, 1, 1], "join", 2), tier(3, 2, [0, 0, 1], "join", 2))).toEqual([
      "warn: tier 2 (10.0.0.3) now carries traffic beside tier 1: tier 1 has 1 of 2 usable gateways, fewer than 2 (-tier-min)",
      "warn: all traffic now uses tier 3 (lte): tier 1 has 0 of 2 usable gateways, tier 2 has 0 of 1 usable gateways",
    ]);
  });

  test("at the start, unless it is the best one", () => {
    expect(sentences(tier(1, undefined, [2, 1, 1]), tier(2, undefined, [0, 1, 1]))).toEqual([
      "warn: all traffic uses tier 2 (10.0.0.3): tier 1 has 0 of 2 usable gateways",
    ]);
  });
});

describe("the log names the tier to which traffic returns", () => {
  test("when it does", () => {
    expect(sentences(tier(1, 2, [1, 1, 1]), tier(2, 3, [0, 1, 1]))).toEqual([
      "info: all traffic uses tier 1 (sweden, norway) again: it has 1 of 2 usable gateways",
      "info: all traffic uses tier 2 (10.0.0.3) again: it has 1 of 1 usable gateways",
    ]);
  });

  test("when a tier that had joined leaves again", () => {
    expect(sentences(tier(1, 3, [2, 1, 1], "join", 2), tier(2, 3, [1, 1, 1], "join", 2))).toEqual([
      "info: tiers 2 and 3 no longer carry traffic: tier 1 has 2 of 2 usable gateways",
      "info: tier 3 no longer carries traffic: tier 1 has 1 of 2 usable gateways, tier 2 has 1 of 1 usable gateways",
    ]);
  });

  test("as soon as its delay begins, and when that is in vain", () => {
    const to = { tier: 1, waitMs: 300_000 };
    expect(
      sentences(
        { type: "failback", from: 2, to, ...report([1, 1, 1]) },
        { type: "failback", from: 2, to: undefined, ...report([0, 1, 1]) },
        { type: "failback", from: 2, to, ...report([2, 1, 1], "join", 2) },
      ),
    ).toEqual([
      "info: traffic returns to tier 1 (sweden, norway) in 5m0s (-tier-failback-delay): it has 1 of 2 usable gateways",
      "info: traffic stays on tier 2 (10.0.0.3): tier 1 has 0 of 2 usable gateways",
      "info: tier 2 (10.0.0.3) stops carrying traffic in 5m0s (-tier-failback-delay): tier 1 has 2 of 2 usable gateways",
    ]);
  });
});
