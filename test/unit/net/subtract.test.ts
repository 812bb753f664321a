import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { Address } from "../../../src/net/address.ts";
import {
  type Cidr,
  contains,
  formatCidr,
  halves,
  hostOf,
  networkOf,
  outermost,
  parseCidr,
  subtract,
} from "../../../src/net/cidr.ts";

const texts = (networks: readonly Cidr[]): string[] => networks.map(formatCidr);
const cidr = (text: string): Cidr => parseCidr(text)!;

/** One of the 256 addresses at the top of the range. */
const addressOf = (host: number): Address => ({ family: 4, bits: 0xffffff00 + host });
/** Networks that nest and touch, of those addresses. */
const network = fc
  .tuple(fc.integer({ min: 24, max: 32 }), fc.integer({ min: 0, max: 255 }))
  .map(([prefix, host]) => networkOf(addressOf(host), prefix));
const hosts = Array.from({ length: 256 }, (_, host) => hostOf(addressOf(host)));
const anyContains = (networks: readonly Cidr[], host: Cidr): boolean => networks.some((one) => contains(one, host));

describe("the subtraction of networks", () => {
  test.each([
    ["10.0.0.0/8", ["11.0.0.0/8"], ["10.0.0.0/8"]],
    ["10.0.0.0/8", ["10.0.0.0/8"], []],
    ["10.0.0.0/8", ["0.0.0.0/0"], []],
    ["10.0.0.0/8", ["10.0.0.0/9"], ["10.128.0.0/9"]],
    ["10.0.0.0/30", ["10.0.0.1/32", "10.0.0.2/32"], ["10.0.0.0/32", "10.0.0.3/32"]],
    ["0.0.0.0/0", ["128.0.0.0/1"], ["0.0.0.0/1"]],
  ])("of %s without %p is %p", (whole, others, rest) => {
    expect(texts(subtract(cidr(whole), others.map(cidr)))).toEqual(rest);
  });

  test("leaves exactly the other addresses, each in one network", () => {
    fc.assert(
      fc.property(network, fc.array(network, { maxLength: 5 }), (whole, others) => {
        const rest = subtract(whole, others);
        for (const host of hosts) {
          expect(rest.filter((one) => contains(one, host)).length).toBe(
            contains(whole, host) && !anyContains(others, host) ? 1 : 0,
          );
        }
      }),
    );
  });
});

test("the outermost of several networks contain the same addresses, and none contains another", () => {
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), (networks) => {
      const outer = outermost(networks);
      for (const host of hosts) expect(anyContains(outer, host)).toBe(anyContains(networks, host));
      for (const one of outer) expect(outer.filter((other) => contains(other, one))).toEqual([one]);
    }),
  );
});

test("the halves of a network are its two subnetworks", () => {
  expect(texts(halves(cidr("0.0.0.0/0")))).toEqual(["0.0.0.0/1", "128.0.0.0/1"]);
  expect(texts(halves(cidr("10.0.0.2/31")))).toEqual(["10.0.0.2/32", "10.0.0.3/32"]);
});
