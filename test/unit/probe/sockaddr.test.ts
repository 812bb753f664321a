import { expect, test } from "bun:test";

import { FAMILIES, formatAddress, parseAddress } from "../../../src/net/address.ts";
import { decodeSockaddr, encodeSockaddr } from "../../../src/probe/socket/sockaddr.ts";

test.each([
  ["192.0.2.1", "020001bbc00002010000000000000000"],
  ["2001:db8::10", "0a0001bb0000000020010db800000000000000000000001000000000"],
])("%s and port 443 are the bytes that the kernel expects, and back", (text, hex) => {
  const bytes = encodeSockaddr(parseAddress(text, FAMILIES)!, 443);
  expect(bytes.toString("hex")).toBe(hex);
  expect(formatAddress(decodeSockaddr(bytes)!)).toBe(text);
});

test("bytes that are cut short, or of another family, are no address", () => {
  const bytes = encodeSockaddr(parseAddress("2001:db8::10", FAMILIES)!, 443);
  for (let length = 0; length < 24; length++) expect(decodeSockaddr(bytes.subarray(0, length))).toBeUndefined();
  bytes[0] = 1;
  expect(decodeSockaddr(bytes)).toBeUndefined();
});
