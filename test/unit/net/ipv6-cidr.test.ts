import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { FAMILIES, formatAddress, type Ipv6Address, numberOf, parseAddress } from "../../../src/net/address.ts";
import {
  addressesToCidrs,
  type Cidr,
  contains,
  everything,
  formatCidr,
  halves,
  hostOf,
  isHost,
  networkOf,
  outermost,
  overlaps,
  parseCidr,
  rangeToCidrs,
  subtract,
} from "../../../src/net/cidr.ts";
import { at6, ipv6Bits, LAST_IPV6 } from "./ipv6.fixture.ts";

const prefix = fc.integer({ min: 0, max: 128 });

/** Two networks that often share addresses: the second starts near the first. */
const pairs = fc
  .tuple(ipv6Bits, prefix, prefix, fc.integer({ min: -2, max: 2 }))
  .map(([bits, p, q, steps]): [Cidr<Ipv6Address>, Cidr<Ipv6Address>] => {
    const near = bits + BigInt(steps) * 2n ** BigInt(128 - p);
    const inside = near < 0n ? 0n : near > LAST_IPV6 ? LAST_IPV6 : near;
    return [networkOf(at6(bits), p), networkOf(at6(inside), q)];
  });

/** First and last address, from the definition of a prefix. */
const boundsOf = ({ address, prefix: length }: Cidr<Ipv6Address>): [bigint, bigint] => [
  numberOf(address),
  numberOf(address) + 2n ** BigInt(128 - length) - 1n,
];

const cidr = (text: string): Cidr => parseCidr(text, FAMILIES)!;
const texts = (networks: readonly Cidr[]): string[] => networks.map(formatCidr);

describe("an IPv6 network", () => {
  test.each([
    ["::/0", "::/0"],
    ["2001:DB8:0:0::1/32", "2001:db8::/32"],
    ["fd00:77::10/64", "fd00:77::/64"],
    ["fd00:77::10/127", "fd00:77::10/127"],
    ["fd00:77::11/127", "fd00:77::10/127"],
    ["ffff::/1", "8000::/1"],
    ["::1/128", "::1/128"],
  ])("%s is parsed as %s: host bits are cleared", (given, text) => {
    expect(formatCidr(cidr(given))).toBe(text);
  });

  test("contains the address it is parsed from, and is aligned to its size", () => {
    fc.assert(
      fc.property(ipv6Bits, prefix, (bits, length) => {
        const parsed = parseCidr(`${formatAddress(at6(bits))}/${length}`, [6]) as Cidr<Ipv6Address>;
        const [first, last] = boundsOf(parsed);
        expect([parsed.prefix, first <= bits && bits <= last]).toEqual([length, true]);
        expect(first % 2n ** BigInt(128 - length)).toBe(0n);
        expect(parseCidr(formatCidr(parsed), [6])).toEqual(parsed);
      }),
    );
  });

  test.each(["::", "::/", "/64", "::/129", "::/999", "::/1000", "::/-1", "::/064", "::/64/64", "fe80::1%lan0/64"])(
    "is not parsed from %p",
    (text) => {
      expect(parseCidr(text, FAMILIES)).toBeUndefined();
    },
  );

  test("is not parsed where IPv4 is asked for, nor a prefix beyond the family", () => {
    expect([parseCidr("::/0"), parseCidr("10.0.0.0/33", FAMILIES), parseCidr("10.0.0.0/8", [6])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("of one address alone has no zone", () => {
    const host = hostOf(parseAddress("fe80::10%lan0", [6])!);
    expect([formatCidr(host), isHost(host), isHost(cidr("10.0.0.1/32")), isHost(cidr("fd00::/32"))]).toEqual([
      "fe80::10/128",
      true,
      true,
      false,
    ]);
    expect(FAMILIES.map((family) => formatCidr(everything(family)))).toEqual(["0.0.0.0/0", "::/0"]);
  });
});

describe("contains and overlaps", () => {
  test("are true exactly when all or some addresses of the second IPv6 network are in the first", () => {
    fc.assert(
      fc.property(pairs, ([one, other]) => {
        const [[low, high], [first, last]] = [boundsOf(one), boundsOf(other)];
        expect(contains(one, other)).toBe(low <= first && last <= high);
        expect(overlaps(one, other)).toBe(first <= high && low <= last);
        expect(overlaps(other, one)).toBe(first <= high && low <= last);
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["0.0.0.0/0", "::/0"],
    ["::/0", "10.0.0.0/8"],
    ["::/96", "0.0.0.0/0"],
  ])("are false of %s and %s, which are of two families", (one, other) => {
    expect([contains(cidr(one), cidr(other)), overlaps(cidr(one), cidr(other))]).toEqual([false, false]);
  });
});

describe("the networks of a range of IPv6", () => {
  const of = (first: string, last: string) => texts(rangeToCidrs(parseAddress(first, [6])!, parseAddress(last, [6])!));

  test.each([
    ["fd00::10", "fd00::10", "fd00::10/128"],
    ["fd00::a", "fd00::f", "fd00::a/127 fd00::c/126"],
    ["fd00::ffff", "fd00::1:0", "fd00::ffff/128 fd00::1:0/128"],
    ["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0"],
    ["fd00::1", "fd00::", ""],
  ])("from %s to %s are %s", (first, last, networks) => {
    expect(of(first, last).join(" ")).toBe(networks);
  });

  test("cover exactly the range in ascending order, and no two of them can be merged", () => {
    const ranges = fc.tuple(ipv6Bits, fc.bigInt({ min: 0n, max: 2n ** 70n })).map(([first, size]) => {
      return [first, first + size > LAST_IPV6 ? LAST_IPV6 : first + size] as const;
    });
    fc.assert(
      fc.property(ranges, ([first, last]) => {
        let next = first;
        const networks = rangeToCidrs(at6(first), at6(last));
        for (const [index, network] of networks.entries()) {
          const [start, end] = boundsOf(network);
          expect([start, start % 2n ** BigInt(128 - network.prefix)]).toEqual([next, 0n]);
          next = end + 1n;
          const before = networks[index - 1];
          const isUpper = (start >> BigInt(128 - network.prefix)) % 2n === 1n;
          expect(before?.prefix === network.prefix && isUpper).toBe(false);
        }
        expect(next).toBe(last + 1n);
      }),
      { numRuns: 500 },
    );
  });
});

test("addresses of both families become the fewest networks, IPv4 first, and zones do not matter", () => {
  const given = ["fd00::3", "10.0.0.2", "fd00::2", "255.255.255.255", "::", "fe80::1%a", "fe80::1%b", "10.0.0.3"];
  const addresses = given.map((text) => parseAddress(text, FAMILIES)!);
  expect(texts(addressesToCidrs(addresses))).toEqual([
    "10.0.0.2/31",
    "255.255.255.255/32",
    "::/128",
    "fd00::2/127",
    "fe80::1/128",
  ]);
});

test("subtraction, halves and outermost networks know the family", () => {
  expect(texts(subtract(cidr("2000::/3"), [cidr("2001:db8::/32"), cidr("0.0.0.0/0")]))).toHaveLength(29);
  expect(texts(subtract(cidr("2001::/31"), [cidr("2001:1::/32")]))).toEqual(["2001::/32"]);
  expect(texts(halves(everything(6)))).toEqual(["::/1", "8000::/1"]);
  const networks = ["::/0", "0.0.0.0/0", "fd00::/8", "10.0.0.0/8"].map(cidr);
  expect(texts(outermost(networks))).toEqual(["::/0", "0.0.0.0/0"]);
  expect(texts(outermost([cidr("fd00::/8"), cidr("fd00::/16"), cidr("10.0.0.0/16")]))).toEqual([
    "fd00::/8",
    "10.0.0.0/16",
  ]);
});
