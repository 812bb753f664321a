import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { formatCidr, rangeToCidrs } from "../../../src/net/cidr.ts";
import { type Ipv4Address, parseAddress } from "../../../src/net/address.ts";

const LAST = 2 ** 32 - 1;

/** The address of a number. */
const at = (bits: number): Ipv4Address => ({ family: 4, bits });

const textOf = (start: string, end: string): string =>
  rangeToCidrs(parseAddress(start)!, parseAddress(end)!).map(formatCidr).join(" ");

/** Ranges of every size, also such that touch the ends of the address space. */
const ranges = fc
  .tuple(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LAST })), fc.integer({ min: 0, max: 32 }), fc.nat(1000))
  .map(([start, bits, extra]): [number, number] => [start, Math.min(start + 2 ** bits - 1 + extra, LAST)]);

describe("the networks of a range", () => {
  test.each([
    ["10.0.0.1", "10.0.0.1", "10.0.0.1/32"],
    ["10.0.0.0", "10.0.0.255", "10.0.0.0/24"],
    ["10.0.0.10", "10.0.0.15", "10.0.0.10/31 10.0.0.12/30"],
    ["10.0.0.1", "10.0.0.6", "10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32"],
    ["10.0.0.255", "10.0.1.0", "10.0.0.255/32 10.0.1.0/32"],
    ["0.0.0.0", "255.255.255.255", "0.0.0.0/0"],
    ["0.0.0.0", "0.0.0.0", "0.0.0.0/32"],
    ["255.255.255.255", "255.255.255.255", "255.255.255.255/32"],
    ["127.255.255.255", "128.0.0.0", "127.255.255.255/32 128.0.0.0/32"],
    ["128.0.0.0", "255.255.255.255", "128.0.0.0/1"],
  ])("from %s to %s are %s", (start, end, networks) => {
    expect(textOf(start, end)).toBe(networks);
  });

  test("cover exactly the range in ascending order, without gap or overlap", () => {
    fc.assert(
      fc.property(ranges, ([start, end]) => {
        let next = start;
        for (const { address, prefix } of rangeToCidrs(at(start), at(end))) {
          expect(address).toEqual(at(next));
          expect(address.bits % 2 ** (32 - prefix)).toBe(0);
          next = address.bits + 2 ** (32 - prefix);
        }
        expect(next).toBe(end + 1);
      }),
      { numRuns: 1000 },
    );
  });

  test("are the fewest: no two neighbours can be merged", () => {
    fc.assert(
      fc.property(ranges, ([start, end]) => {
        const networks = rangeToCidrs(at(start), at(end));
        networks.slice(1).forEach((second, index) => {
          const first = networks[index]!;
          const mergeable = first.prefix === second.prefix && first.address.bits % 2 ** (33 - first.prefix) === 0;
          expect(mergeable).toBe(false);
        });
      }),
    );
  });
});
