import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatAddress, parseAddress } from "../../../src/net/address.ts";

const octet = fc.integer({ min: 0, max: 255 });
const octets = fc.tuple(octet, octet, octet, octet);

describe("an IPv4 address", () => {
  test.each([
    ["0.0.0.0", 0],
    ["0.0.0.1", 1],
    ["10.0.0.1", 0x0a00_0001],
    ["127.255.255.255", 0x7fff_ffff],
    ["128.0.0.0", 0x8000_0000],
    ["192.168.1.10", 0xc0a8_010a],
    ["255.255.255.255", 0xffff_ffff],
  ] as const)("%s is parsed to %d and formatted back", (text, bits) => {
    expect(parseAddress(text)).toEqual({ family: 4, bits });
    expect(formatAddress({ family: 4, bits })).toBe(text);
  });

  test("is parsed to the sum of its weighted octets", () => {
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        expect(parseAddress(`${a}.${b}.${c}.${d}`)).toEqual({
          family: 4,
          bits: a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d,
        });
      }),
    );
  });

  test("is the same after formatting and parsing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        expect(parseAddress(formatAddress({ family: 4, bits }))).toEqual({ family: 4, bits });
      }),
    );
  });
});

describe("a text that is not an IPv4 address", () => {
  test.each([
    "",
    ".",
    "...",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.",
    ".1.2.3",
    "1..2.3",
    "256.0.0.1",
    "1.2.3.256",
    "1.2.3.999",
    "01.2.3.4",
    "1.2.3.04",
    "1.2.3.00",
    "1.2.3.-4",
    "1.2.3.+4",
    " 1.2.3.4",
    "1.2.3.4 ",
    "1.2.3.4\n",
    "1.2.3. 4",
    "0x1.2.3.4",
    "1.2.3.1e1",
    "16909060",
    "1,2,3,4",
    "1.2.3.4/32",
    "１.2.3.4",
    "a.b.c.d",
    "::1",
    "::ffff:1.2.3.4",
  ])("is not parsed: %p", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("is every text but four numbers from 0 to 255 without leading zeros, separated by dots", () => {
    const numbers = Array.from({ length: 256 }, (_, number) => String(number));
    const part = fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...numbers) },
      { weight: 1, arbitrary: fc.constantFrom("", "00", "01", "256", "-1", "+1", " 1", "1 ", "1e1", "x") },
    );
    const almost = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join("."));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const parts = text.split(".");
        const isAddress = parts.length === 4 && parts.every((one) => numbers.includes(one));
        expect(parseAddress(text) !== undefined).toBe(isAddress);
      }),
      { numRuns: 1000 },
    );
  });
});
