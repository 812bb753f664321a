import { describe, expect, test } from "bun:test";

import { cidr, destination, gatewayAddress } from "../../../src/config/address-values.ts";
import { formatAddress } from "../../../src/net/address.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

describe("the address of a gateway", () => {
  test.each([
    ["192.168.1.10", "192.168.1.10"],
    ["FD00:0077::0010", "fd00:77::10"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["FE80::10%lan0", "fe80::10%lan0"],
    ["fe80::1%br-lan.5", "fe80::1%br-lan.5"],
  ])("%s is %s: IPv6 has one text (RFC 5952)", (text, canonical) => {
    expect(formatAddress(valueOf(gatewayAddress, text))).toBe(canonical);
  });

  test.each([
    ["", "an IPv4 address such as 192.168.1.10, or one of IPv6 such as fd00::10"],
    ["gateway.local", "an IPv4 address such as"],
    ["fd00::10/64", "an IPv4 address such as"],
    ["fd00:::10", "an IPv4 address such as"],
    [
      "fe80::10",
      "a link-local address with its interface, such as fe80::10%eth0: on another one it is another machine's",
    ],
    ["fe80::10%", "the name of an interface after %, such as fe80::10%eth0"],
    ["fe80::10%two words", "the name of an interface after %"],
    ["fe80::10%a%b", "the name of an interface after %"],
    ["fd00::10%lan0", "an address without %INTERFACE, which link-local ones alone have (fe80::/10)"],
    ["[fd00::10]", "an address without brackets; write fd00::10"],
    ["ff02::1", "the address of a machine, of which ff00::/8 has none"],
    ["::1", "the address of a machine, of which ::1/128 has none"],
    ["::ffff:10.0.0.1", "the address of a machine, of which ::ffff:0.0.0.0/96 has none"],
  ])("%j is an error that says what to write", (text, expected) => {
    expect(expectedFor(gatewayAddress, text)).toContain(expected);
  });
});

describe("a network of IPv6", () => {
  test.each([
    ["FD00:0077::/64", "fd00:77::/64"],
    ["2606:4700::1111/128", "2606:4700::1111/128"],
    ["fd00::1/8", "fd00::/8"],
    ["::/0", "::/0"],
  ])("%s is %s: host bits are cleared", (text, network) => {
    expect(formatCidr(valueOf(cidr, text))).toBe(network);
    expect(formatCidr(valueOf(destination, text))).toBe(network);
  });

  test.each(["fd00::/129", "fd00::/064", "fe80::%lan0/64", "fd00/8", "default6/0"])("is not %s", (text) => {
    expect(expectedFor(destination, text)).toContain("or one of IPv6 such as 2606:4700::/32");
  });

  test("is suggested for an address without a prefix", () => {
    expect(expectedFor(cidr, "FD00::1")).toBe("a network; for this one address use fd00::1/128");
  });

  test("is all of them for default6, while default stays IPv4", () => {
    expect(["default", "default6"].map((text) => formatCidr(valueOf(destination, text)))).toEqual([
      "0.0.0.0/0",
      "::/0",
    ]);
    expectedFor(cidr, "default6");
  });
});
