import { describe, expect, test } from "bun:test";

import {
  packetDestination,
  packetLabel,
  packetMark,
  packetSource,
} from "../../../../src/cli/commands/packet-values.ts";
import { formatAddress } from "../../../../src/net/address.ts";
import { expectedFor, valueOf } from "../../config/value.fixture.ts";

describe("the destination of a packet", () => {
  test.each([
    ["8.8.8.8", "8.8.8.8"],
    ["2606:4700:4700:0::1111", "2606:4700:4700::1111"],
    ["fe80::10%lan0", "fe80::10%lan0"],
    ["::1", "::1"],
    ["ff02::1", "ff02::1"],
  ])("%s is the address %s", (text, address) => {
    expect(valueOf(packetDestination, text)).toEqual({ kind: "address", address });
  });

  test.each(["dns.example.com", "dns.example.com.", "router"])("%s is a name", (text) => {
    expect(valueOf(packetDestination, text)).toEqual({ kind: "name", name: text.replace(/\.$/, "") });
  });

  test.each([
    ["", "an address such as 8.8.8.8 or 2606:4700:4700::1111"],
    ["8.8.8", "an address such as 8.8.8.8 or 2606:4700:4700::1111"],
    ["2606:::1", "an address such as 8.8.8.8 or 2606:4700:4700::1111"],
    ["fe80::10", "a link-local address with its interface, such as fe80::10%eth0"],
    ["2606:4700::1%lan0", "an address without %INTERFACE"],
    ["[2606:4700::1]", "an address without brackets; write 2606:4700::1"],
    ["https://dns.example.com", "a host name such as gateways.example.com, without scheme"],
    ["dns.example.com:53", ", or a host name such as gateways.example.com, without scheme, user, port and path"],
  ])("%j is an error that says what to write", (text, expected) => {
    expect(expectedFor(packetDestination, text)).toContain(expected);
  });
});

test("the source of a packet is an address of either family, but no link-local one", () => {
  expect(formatAddress(valueOf(packetSource, "FD00::77"))).toBe("fd00::77");
  expect(formatAddress(valueOf(packetSource, "192.168.1.77"))).toBe("192.168.1.77");
  expect(expectedFor(packetSource, "fe80::77%lan0")).toContain("is forwarded");
  expect(expectedFor(packetSource, "[fd00::77]")).toContain("write fd00::77");
  expect(expectedFor(packetSource, "fd00::77/64")).toBe("an address such as 192.168.1.77 or fd00::77");
});

test("a flow label has 20 bits, and a mark 32", () => {
  expect(valueOf(packetLabel, "0xfffff")).toBe(0xfffff);
  expect(valueOf(packetLabel, "1048575")).toBe(0xfffff);
  for (const text of ["1048576", "0x100000", "-1", "x"]) {
    expect(expectedFor(packetLabel, text)).toBe("a flow label from 0 to 0xfffff");
  }
  expect(valueOf(packetMark, "0xffffffff")).toBe(0xffffffff);
  expect(expectedFor(packetMark, "ten")).toBe("a mark such as 0x10");
});
