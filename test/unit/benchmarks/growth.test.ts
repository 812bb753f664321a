import { describe, expect, test } from "bun:test";

import { growing, growthPerMillion, type Sample, sampleAt } from "../../../scripts/benchmarks/growth.ts";

const LIMITS = { anonymous: 3, descriptors: 5 };

/** A soak of a million probes, with 500 samples. */
const soak = (shape: (share: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 501 }, (_, index) => {
    const flat = { resident: 60, anonymous: 20, descriptors: 20, children: 1, threads: 9 };
    return { probes: index * 2000, ...flat, ...shape(index / 500) };
  });

/** From 0 up to 20 and down again, many times. */
const sawtooth = (share: number): number => 20 * ((share * 37) % 1);

describe("growth", () => {
  test("of what is flat is none, however it goes up and down between collections", () => {
    const samples = soak((share) => ({ anonymous: 20 + sawtooth(share) }));
    expect(Math.abs(growthPerMillion(samples, "anonymous"))).toBeLessThan(1);
    expect(growing(samples, LIMITS)).toEqual([]);
  });

  test("in the first fifth doesn't count", () => {
    const samples = soak((share) => ({ anonymous: 20 + 40 * Math.min(share, 0.2) }));
    expect(growthPerMillion(samples, "anonymous")).toBeCloseTo(0);
  });

  test("under a sawtooth is found", () => {
    const samples = soak((share) => ({ anonymous: 20 + 8 * share + sawtooth(share) }));
    expect(growthPerMillion(samples, "anonymous")).toBeGreaterThan(6);
    expect(growthPerMillion(samples, "anonymous")).toBeLessThan(10);
    expect(growing(samples, LIMITS)).toEqual([
      expect.stringMatching(/^anonymous grow by \d\.\d in 0\.8 million probes; 3 is the limit$/),
    ]);
  });

  test("of descriptors is told beside that of memory", () => {
    const samples = soak((share) => ({ anonymous: 20 + 10 * share, descriptors: 20 + 100 * share }));
    expect(growing(samples, LIMITS)).toHaveLength(2);
  });

  test("the sample at a share is the first with so many probes", () => {
    const samples = soak(() => ({}));
    expect([0.1, 0.5, 1].map((share) => sampleAt(samples, share).probes)).toEqual([100_000, 500_000, 1_000_000]);
  });
});
