import { describe, expect, test } from "bun:test";

import { growing, growthPerMillion, type Sample, sampleAt } from "../../../scripts/benchmarks/growth.ts";

const LIMITS = { anonymous: 3, descriptors: 5 };

/** A soak of a million probes, with 500 samples. */
const soak = (shape: (share: number) => Partial<Sample>): Sample[] =>
  Array.from({ length: 501 }, (_, index) => {
    const flat = { resident: 60, anonymous: 20, descriptors: 20, children: 1, threads: 9 };
    return { probes: index * 2000, ...flat, ...shape(index / 500) };
  });

/** From 0 up to 20 and down again 37 times. */
const sawtooth = (share: number): number => 20 * ((share * 37) % 1);

describe("the growth of memory", () => {
  test("is none for a sawtooth around a constant, as between garbage collections", () => {
    const samples = soak((share) => ({ anonymous: 20 + sawtooth(share) }));
    expect(Math.abs(growthPerMillion(samples, "anonymous"))).toBeLessThan(1);
    expect(growing(samples, LIMITS)).toEqual([]);
  });

  test("is measured after the first fifth of the run", () => {
    const samples = soak((share) => ({ anonymous: 20 + 40 * Math.min(share, 0.2) }));
    expect(growthPerMillion(samples, "anonymous")).toBeCloseTo(0);
  });

  test("is measured below a sawtooth, and reported when it exceeds its limit", () => {
    const samples = soak((share) => ({ anonymous: 20 + 8 * share + sawtooth(share) }));
    expect(growthPerMillion(samples, "anonymous")).toBeGreaterThan(6);
    expect(growthPerMillion(samples, "anonymous")).toBeLessThan(10);
    expect(growing(samples, LIMITS)).toEqual([
      expect.stringMatching(/^anonymous grow by \d\.\d in 0\.8 million probes; 3 is the limit$/),
    ]);
  });

  test("is reported together with that of descriptors", () => {
    const samples = soak((share) => ({ anonymous: 20 + 10 * share, descriptors: 20 + 100 * share }));
    expect(growing(samples, LIMITS)).toHaveLength(2);
  });
});

test("the sample at a share of a run is the first with that share of all probes", () => {
  const samples = soak(() => ({}));
  expect([0.1, 0.5, 1].map((share) => sampleAt(samples, share).probes)).toEqual([100_000, 500_000, 1_000_000]);
});
