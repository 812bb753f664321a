import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { formatAddress } from "../../../src/net/address.ts";

/** The dotted form of the address of that number. */
const textOf = (bits: number): string => formatAddress({ family: 4, bits });

const rangeOf = (start: string, end: string): ParsedConfig =>
  parseConfig({ "start-ip": start, "end-ip": end }, { environment: {}, readFile: () => "" });

/** The gateways of a range that must be accepted. */
function gatewaysOf(start: string, end: string): readonly string[] {
  const parsed = rangeOf(start, end);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config.pools[0].gateways;
}

describe("a range", () => {
  test("is inclusive and in ascending order", () => {
    expect(gatewaysOf("10.0.0.10", "10.0.0.13")).toEqual(["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.0.0.13"]);
  });

  test("may be a single gateway", () => {
    expect(gatewaysOf("192.168.1.1", "192.168.1.1")).toEqual(["192.168.1.1"]);
  });

  test("may cross an octet", () => {
    expect(gatewaysOf("10.0.0.255", "10.0.1.0")).toEqual(["10.0.0.255", "10.0.1.0"]);
  });

  test.each([
    ["0.0.0.1", "0.0.0.2"],
    ["255.255.255.253", "255.255.255.254"],
    ["127.255.255.255", "128.0.0.0"],
  ])("may lie anywhere: %s to %s", (start, end) => {
    expect(gatewaysOf(start, end)).toEqual([start, end]);
  });

  test("holds every address from start to end, for any start and any allowed size", () => {
    const starts = fc.integer({ min: 0, max: 2 ** 32 - 161 });
    fc.assert(
      fc.property(starts, fc.integer({ min: 1, max: 160 }), (start, size) => {
        const gateways = gatewaysOf(textOf(start), textOf(start + size - 1));
        expect(gateways).toEqual(Array.from({ length: size }, (_, index) => textOf(start + index)));
      }),
    );
  });
});

describe("too large a range", () => {
  test("starts at 161 gateways; 160 are fine", () => {
    expect(gatewaysOf("10.0.0.1", "10.0.0.160")).toHaveLength(160);
    expect(rangeOf("10.0.0.1", "10.0.0.161").ok).toBe(false);
  });

  test.each([
    ["10.0.0.1", "10.0.0.161", "161"],
    ["0.0.0.0", "255.255.255.255", "4294967296"],
  ])("%s to %s is refused with its size, the limit and the reason", (start, end, size) => {
    const parsed = rangeOf(start, end);
    if (parsed.ok) throw new Error("accepted");
    expect(parsed.problems).toHaveLength(1);
    for (const word of [`-start-ip ${start}`, `-end-ip ${end}`, `${size} gateways`, "at most 160", "iproute2"]) {
      expect(parsed.problems[0]).toContain(word);
    }
  });
});

describe("a range whose start is after its end", () => {
  test.each([
    ["10.0.0.2", "10.0.0.1"],
    ["255.255.255.254", "0.0.0.1"],
    ["10.0.1.0", "10.0.0.255"],
  ])("%s to %s is refused, and the message names both", (start, end) => {
    const problem = `-start-ip ${start} -end-ip ${end}: the start is after the end`;
    expect(rangeOf(start, end)).toEqual({ ok: false, problems: [expect.stringContaining(problem)] });
  });
});
