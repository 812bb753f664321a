import { describe, expect, test } from "bun:test";

import { FAMILIES, parseAddress } from "../../../src/net/address.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { RESERVED, rangeNotGlobal, rangeOfNoHost } from "../../../src/net/reserved.ts";

const rangeOf = (text: string, of: typeof rangeNotGlobal): string | undefined => {
  const range = of(parseAddress(text, FAMILIES)!);
  return range && formatCidr(range);
};

describe("an address that is not globally routable", () => {
  test.each([
    ["10.0.0.1", "10.0.0.0/8"],
    ["::", "::/128"],
    ["::1", "::1/128"],
    ["::ffff:1.1.1.1", "::ffff:0.0.0.0/96"],
    ["64:ff9b::1.1.1.1", "::/3"],
    ["64:ff9b:1::1", "64:ff9b:1::/48"],
    ["100::1", "100::/64"],
    ["2001::1", "2001::/23"],
    ["2001:20::1", "2001::/23"],
    ["2001:db8::1", "2001:db8::/32"],
    ["2002:c000:201::1", "2002::/16"],
    ["3fff:fff::1", "3fff::/20"],
    ["4000::1", "4000::/2"],
    ["5f00::1", "5f00::/16"],
    ["fd00:77::10", "fc00::/7"],
    ["fe80::10%lan0", "fe80::/10"],
    ["fec0::1", "fec0::/10"],
    ["ff02::1", "ff00::/8"],
    ["e000::1", "8000::/1"],
  ])("%s lies in %s", (address, range) => {
    expect(rangeOf(address, rangeNotGlobal)).toBe(range);
  });

  test.each([
    "1.1.1.1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00::1",
    "3000::1",
    "3fff:1000::1",
  ])("is not %s", (address) => {
    expect(rangeOf(address, rangeNotGlobal)).toBeUndefined();
  });
});

test("no host has an address of multicast, loopback, or IPv4 as sockets see it, and in a lab it may have any other", () => {
  expect(["ff02::1", "::1", "::", "::ffff:1.2.3.4", "127.0.0.1"].map((text) => rangeOf(text, rangeOfNoHost))).toEqual([
    "ff00::/8",
    "::1/128",
    "::/128",
    "::ffff:0.0.0.0/96",
    "127.0.0.0/8",
  ]);
  expect(
    ["fd00::1", "fe80::1", "2001:db8::1", "4000::1", "10.0.0.1"].map((text) => rangeOf(text, rangeOfNoHost)),
  ).toEqual(Array(5).fill(undefined));
});

test("the reserved ranges of IPv6 leave the public ones and the translators of providers to the gateways", () => {
  expect(RESERVED[6].map(formatCidr)).toEqual([
    "::/128",
    "::1/128",
    "::ffff:0.0.0.0/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
  ]);
});
