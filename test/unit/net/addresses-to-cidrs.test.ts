import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type Ipv4Address, parseAddress } from "../../../src/net/address.ts";
import { addressesToCidrs, formatCidr, rangeToCidrs } from "../../../src/net/cidr.ts";

const LAST = 2 ** 32 - 1;

/** The address of a number. */
const at = (bits: number): Ipv4Address => ({ family: 4, bits });

const textOf = (...addresses: readonly string[]): string =>
  addressesToCidrs(addresses.map((one) => parseAddress(one)!))
    .map(formatCidr)
    .join(" ");

/** Addresses of which many are neighbours, also at both ends of the address space. */
const addresses = fc.array(
  fc.tuple(fc.constantFrom(0, 0x0a00_0000, 0xc0a8_0100, LAST - 20), fc.nat(20)).map(([base, more]) => base + more),
  { maxLength: 60 },
);

describe("the networks of single addresses", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1/32"],
    ["10.0.0.3 10.0.0.2", "10.0.0.2/31"],
    ["192.168.1.9 10.0.0.1", "10.0.0.1/32 192.168.1.9/32"],
    ["10.0.0.6 10.0.0.4 10.0.0.7 10.0.0.5 10.0.0.9", "10.0.0.4/30 10.0.0.9/32"],
    ["10.0.0.1 10.0.0.1", "10.0.0.1/32"],
    ["255.255.255.255 0.0.0.0", "0.0.0.0/32 255.255.255.255/32"],
  ])("%s are %s, in ascending order", (given, networks) => {
    expect(textOf(...given.split(" "))).toBe(networks);
  });

  test("are none without addresses", () => {
    expect(addressesToCidrs([])).toEqual([]);
  });

  test("hold exactly the addresses, whatever their order", () => {
    fc.assert(
      fc.property(addresses, (given) => {
        const held = addressesToCidrs(given.map(at)).flatMap(({ address, prefix }) =>
          Array.from({ length: 2 ** (32 - prefix) }, (_, index) => address.bits + index),
        );
        expect(held).toEqual([...new Set(given)].sort((a, b) => a - b));
      }),
    );
  });

  test("are those of the range where the addresses are one", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST - 200 }), fc.integer({ min: 1, max: 160 }), (start, size) => {
        const range = Array.from({ length: size }, (_, index) => at(start + index));
        expect(addressesToCidrs(range.toReversed())).toEqual(rangeToCidrs(at(start), at(start + size - 1)));
      }),
    );
  });
});
