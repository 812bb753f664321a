import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatDuration, parseDuration } from "../../../src/net/duration.ts";

const NANOSECONDS = {
  ns: 1n,
  us: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const units = Object.keys(NANOSECONDS) as (keyof typeof NANOSECONDS)[];

/** Whole nanoseconds up to a day, as Go counts: of every size, and with parts that are far apart. */
const nanoseconds = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.nat(999_999_999), fc.integer({ min: 1, max: 1_000_000_000 }))
  .chain(([hours, minutes, seconds, small, limit]) =>
    fc
      .subarray([BigInt(hours) * NANOSECONDS.h, BigInt(minutes) * NANOSECONDS.m, BigInt(seconds) * NANOSECONDS.s])
      .map((parts) => parts.reduce((sum, part) => sum + part, BigInt(small % limit))),
  );

/** Go's Duration.String, written down from its documentation with whole numbers only. */
function goString(ns: bigint): string {
  const decimal = (value: bigint, unit: bigint): string => {
    const fraction = String(value % unit)
      .padStart(String(unit).length - 1, "0")
      .replace(/0+$/, "");
    return `${value / unit}${fraction && `.${fraction}`}`;
  };
  if (ns === 0n) return "0s";
  if (ns < 1_000n) return `${ns}ns`;
  if (ns < 1_000_000n) return `${decimal(ns, 1_000n)}µs`;
  if (ns < 1_000_000_000n) return `${decimal(ns, 1_000_000n)}ms`;
  const hours = ns / NANOSECONDS.h;
  const minutes = (ns % NANOSECONDS.h) / NANOSECONDS.m;
  const seconds = `${decimal(ns % NANOSECONDS.m, NANOSECONDS.s)}s`;
  return hours > 0n ? `${hours}h${minutes}m${seconds}` : minutes > 0n ? `${minutes}m${seconds}` : seconds;
}

const nanosecondsOf = (text: string): bigint | undefined => {
  const milliseconds = parseDuration(text);
  return milliseconds === undefined ? undefined : BigInt(Math.round(milliseconds * 1e6));
};

describe("a parsed duration", () => {
  test.each([
    ["0", 0],
    ["+0", 0],
    ["-0s", 0],
    ["0s", 0],
    ["5s", 5000],
    ["+5s", 5000],
    ["-5s", -5000],
    ["1478s", 1_478_000],
    ["5.6s", 5600],
    ["5.s", 5000],
    [".5s", 500],
    ["1.0040s", 1004],
    ["250ms", 250],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["100us", 0.1],
    ["100µs", 0.1],
    ["100μs", 0.1],
    ["10ns", 0.000_01],
    ["16h", 57_600_000],
    ["-2m3.4s", -123_400],
    ["10.5s4m", 250_500],
    ["1m1m", 120_000],
    ["1h2m3s4ms5us6ns", 3_723_004.005_006],
    ["00012s", 12_000],
    ["16.1s", 16_100],
    ["2.01s", 2010],
    ["4.1m", 246_000],
    ["1.1h", 3_960_000],
  ] as const)("of %s is exactly %d ms", (text, milliseconds) => {
    expect(parseDuration(text)! + 0).toBe(milliseconds);
  });

  test.each([
    "",
    "3",
    "-",
    "+",
    "s",
    ".",
    ".s",
    "-.s",
    "1.2.3s",
    "1d",
    "1w",
    "1H",
    "1S",
    "1sec",
    "5 s",
    " 5s",
    "5s ",
    "5s\n",
    "1h 30m",
    "1h30",
    "--5s",
    "-+5s",
    "1h-30m",
    "1e3s",
    "0x5s",
    "1,5s",
    "00",
    "٣s",
    "Infinitys",
    "NaN",
  ])("is undefined for %p", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test("is exact to the nanosecond for whole numbers of each unit", () => {
    const day = NANOSECONDS.h * 24n;
    fc.assert(
      fc.property(fc.constantFrom(...units), fc.bigInt(0n, day), (unit, value) => {
        const amount = value % (day / NANOSECONDS[unit] + 1n);
        expect(nanosecondsOf(`${amount}${unit}`)).toBe(amount * NANOSECONDS[unit]);
      }),
    );
  });

  test("is undefined or a finite number for random texts", () => {
    const parts = fc.array(fc.constantFrom("-", "+", ".", "1", "05", "s", "m", "ms", "h", "µs", " "), { maxLength: 8 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          parts.map((all) => all.join("")),
        ),
        (text) => {
          const value = parseDuration(text);
          if (value !== undefined) expect(value).toBeFinite();
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a formatted duration", () => {
  test.each([
    [0, "0s"],
    [0.000_001, "1ns"],
    [0.000_999, "999ns"],
    [0.0011, "1.1µs"],
    [0.1, "100µs"],
    [2.2, "2.2ms"],
    [250, "250ms"],
    [999, "999ms"],
    [1000, "1s"],
    [1500, "1.5s"],
    [3300, "3.3s"],
    [59_999, "59.999s"],
    [60_000, "1m0s"],
    [90_000, "1m30s"],
    [245_000, "4m5s"],
    [245_001, "4m5.001s"],
    [480_000.000_001, "8m0.000000001s"],
    [60_000.000_1, "1m0.0000001s"],
    [3_600_000, "1h0m0s"],
    [18_367_001, "5h6m7.001s"],
    [86_400_000, "24h0m0s"],
    [-1500, "-1.5s"],
    [-0.1, "-100µs"],
  ] as const)("of %d ms is %s, as in Go", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test("is the same as in Go for any number of nanoseconds up to a day", () => {
    fc.assert(
      fc.property(nanoseconds, (ns) => {
        expect(formatDuration(Number(ns) / 1e6)).toBe(goString(ns));
      }),
      { numRuns: 1000 },
    );
  });

  test("is parsed to the same nanoseconds", () => {
    fc.assert(
      fc.property(nanoseconds, (ns) => {
        expect(nanosecondsOf(formatDuration(Number(ns) / 1e6))).toBe(ns);
      }),
      { numRuns: 1000 },
    );
  });
});
