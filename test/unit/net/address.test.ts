import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatAddress, parseAddress } from "../../../src/net/address.ts";

const octet = fc.integer({ min: 0, max: 255 });
const octets = fc.tuple(octet, octet, octet, octet);

describe("an address", () => {
  test.each([
    ["0.0.0.0", 0],
    ["0.0.0.1", 1],
    ["10.0.0.1", 0x0a00_0001],
    ["127.255.255.255", 0x7fff_ffff],
    ["128.0.0.0", 0x8000_0000],
    ["192.168.1.10", 0xc0a8_010a],
    ["255.255.255.255", 0xffff_ffff],
  ] as const)("%s is %d", (text, bits) => {
    expect(parseAddress(text)).toEqual({ family: 4, bits });
    expect(formatAddress({ family: 4, bits })).toBe(text);
  });

  test("is the sum of its octets, for all of them", () => {
    fc.assert(
      fc.property(octets, ([a, b, c, d]) => {
        expect(parseAddress(`${a}.${b}.${c}.${d}`)).toEqual({
          family: 4,
          bits: a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d,
        });
      }),
    );
  });

  test("survives formatting and parsing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), (bits) => {
        expect(parseAddress(formatAddress({ family: 4, bits }))).toEqual({ family: 4, bits });
      }),
    );
  });
});

describe("not an address", () => {
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
  ])("%p", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test("is any text that formatting would not have written", () => {
    const almost = fc
      .array(fc.constantFrom("0", "1", "25", "255", "256", "00", "-", " ", "x", ".", ".", "."), { maxLength: 9 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        const address = parseAddress(text);
        if (address !== undefined) expect(formatAddress(address)).toBe(text);
      }),
      { numRuns: 1000 },
    );
  });
});
