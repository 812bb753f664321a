import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type Cidr, contains, distinct, formatCidr, networkOf, overlaps, parseCidr } from "../../../src/net/cidr.ts";
import { type Ipv4Address, formatAddress } from "../../../src/net/address.ts";

/** The address of a number. */
const at = (bits: number): Ipv4Address => ({ family: 4, bits });

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const prefix = fc.integer({ min: 0, max: 32 });
const network = fc.tuple(address, prefix).map(([a, p]) => networkOf(at(a), p));

/** Two networks that often share addresses: the second starts near the first. */
const pairs = fc
  .tuple(address, prefix, prefix, fc.integer({ min: -2, max: 2 }))
  .map(([a, p, q, steps]): [Cidr<Ipv4Address>, Cidr<Ipv4Address>] => {
    const near = Math.min(Math.max(a + steps * 2 ** (32 - p), 0), 2 ** 32 - 1);
    return [networkOf(at(a), p), networkOf(at(near), q)];
  });

/** First and last address, from the definition of a prefix. */
function boundsOf({ address: { bits: first }, prefix: length }: Cidr<Ipv4Address>): [number, number] {
  return [first, first + 2 ** (32 - length) - 1];
}

const network4 = (text: string): Cidr => parseCidr(text)!;

describe("a network", () => {
  test.each([
    ["0.0.0.0/0", 0, 0],
    ["10.0.0.0/8", 0x0a00_0000, 8],
    ["128.0.0.0/1", 0x8000_0000, 1],
    ["1.2.3.4/32", 0x0102_0304, 32],
    ["255.255.255.255/32", 0xffff_ffff, 32],
  ] as const)("%s is parsed and formatted", (text, first, length) => {
    expect(parseCidr(text)).toEqual({ address: { family: 4, bits: first }, prefix: length });
    expect(formatCidr({ address: { family: 4, bits: first }, prefix: length })).toBe(text);
  });

  test.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["192.168.1.255/25", "192.168.1.128/25"],
    ["255.255.255.255/1", "128.0.0.0/1"],
    ["255.255.255.255/0", "0.0.0.0/0"],
    ["1.2.3.5/31", "1.2.3.4/31"],
  ])("%s is parsed as %s: host bits are cleared", (text, cleared) => {
    expect(formatCidr(parseCidr(text)!)).toBe(cleared);
  });

  test("contains the address it is parsed from, and is aligned to its size", () => {
    fc.assert(
      fc.property(address, prefix, (a, p) => {
        const parsed = parseCidr(`${formatAddress(at(a))}/${p}`)!;
        const [first, last] = boundsOf(parsed);
        expect(parsed.prefix).toBe(p);
        expect(first <= a && a <= last).toBe(true);
        expect(first % 2 ** (32 - p)).toBe(0);
      }),
    );
  });

  test("is the same after formatting and parsing", () => {
    fc.assert(fc.property(network, (one) => expect(parseCidr(formatCidr(one))).toEqual(one)));
  });

  test.each([
    "",
    "/",
    "10.0.0.0",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/33",
    "10.0.0.0/99",
    "10.0.0.0/132",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/08",
    "10.0.0.0/00",
    "10.0.0.0/ 8",
    "10.0.0.0 /8",
    "10.0.0.0/8 ",
    "10.0.0.0/8\n",
    "10.0.0.0/8/8",
    "10.0.0.0/8.0",
    "10.0.0.0/255.0.0.0",
    "10.0.0/8",
    "010.0.0.0/8",
    "256.0.0.0/8",
    "::/0",
    "default",
  ])("is not parsed from %p", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });
});

describe("contains", () => {
  test.each([
    ["10.0.0.0/8", "10.255.0.0/16", true],
    ["10.0.0.0/8", "10.0.0.0/8", true],
    ["10.0.0.0/8", "11.0.0.0/8", false],
    ["10.0.0.0/8", "10.0.0.0/7", false],
    ["10.0.0.0/8", "0.0.0.0/0", false],
    ["0.0.0.0/0", "255.255.255.255/32", true],
  ] as const)("of %s and %s is %p", (outer, inner, expected) => {
    expect(contains(network4(outer), network4(inner))).toBe(expected);
  });

  test("is true exactly when every address of the second network is in the first", () => {
    fc.assert(
      fc.property(pairs, ([outer, inner]) => {
        const [[low, high], [first, last]] = [boundsOf(outer), boundsOf(inner)];
        expect(contains(outer, inner)).toBe(low <= first && last <= high);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("overlaps", () => {
  test("is true exactly when some address is in both networks, in either order", () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const [[low, high], [first, last]] = [boundsOf(one), boundsOf(other)];
        const share = Math.max(low, first) <= Math.min(high, last);
        expect(overlaps(one, other)).toBe(share);
        expect(overlaps(other, one)).toBe(share);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("distinct", () => {
  test("keeps the first of equal networks in the given order", () => {
    const texts = ["2.0.0.0/8", "1.0.0.0/8", "2.3.4.5/8", "1.0.0.0/9", "1.0.0.0/8"];
    expect(distinct(texts.map(network4)).map(formatCidr)).toEqual(["2.0.0.0/8", "1.0.0.0/8", "1.0.0.0/9"]);
  });
});
