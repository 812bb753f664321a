import { describe, expect, test } from "bun:test";

import { icmpFailure, parseIcmpError } from "../../../src/probe/socket/icmp-error.ts";

/** As Linux 6.18 reported that 10.0.0.1 got no answer to its ARP requests. */
const CONTROL = Buffer.from(
  "3000000000000000" +
    "00000000" +
    "0b000000" +
    "71000000" +
    "02030100" +
    "0000000000000000" +
    "020000000a0000010000000000000000",
  "hex",
);

describe("a control message of the error queue", () => {
  test("gives type, code and sender of the ICMP error", () => {
    expect(parseIcmpError(CONTROL)).toEqual({ type: 3, code: 1, from: "10.0.0.1" });
  });

  test.each<[string, number, number]>([
    ["of another protocol", 8, 41],
    ["of another kind", 12, 8],
    ["of local origin", 20, 1],
    ["with a sender of another family", 32, 10],
  ])("%s is no ICMP error", (_, at, byte) => {
    const control = Buffer.from(CONTROL);
    control[at] = byte;
    expect(parseIcmpError(control)).toBeUndefined();
  });

  test("that is cut short is no ICMP error", () => {
    for (let length = 0; length < 48; length++) expect(parseIcmpError(CONTROL.subarray(0, length))).toBeUndefined();
  });
});

/** As Linux 6.18 reported that fd00:1::1 got no answer to its neighbour solicitations. */
const CONTROL_6 = Buffer.from(
  "3c00000000000000" +
    "29000000" +
    "19000000" +
    "71000000" +
    "03010300" +
    "0000000000000000" +
    "0a00000000000000fd00000100000000000000000000000100000000",
  "hex",
);

describe("a control message of the error queue of an IPv6 socket", () => {
  test("gives type, code and sender of the ICMPv6 error", () => {
    expect(parseIcmpError(CONTROL_6)).toEqual({ family: 6, type: 1, code: 3, from: "fd00:1::1" });
  });

  test.each<[string, number, number]>([
    ["of another protocol", 8, 0],
    ["of another kind", 12, 8],
    ["of local origin", 20, 1],
    ["with the origin of IPv4", 20, 2],
    ["with a sender of another family", 32, 2],
  ])("%s is no ICMPv6 error", (_, at, byte) => {
    const control = Buffer.from(CONTROL_6);
    control[at] = byte;
    expect(parseIcmpError(control)).toBeUndefined();
  });

  test("that is cut short is no ICMPv6 error", () => {
    for (let length = 0; length < 56; length++) expect(parseIcmpError(CONTROL_6.subarray(0, length))).toBeUndefined();
  });
});

describe("the failure of an ICMPv6 error", () => {
  test.each([
    [1, 0, "unreachable", "network unreachable, reported by fd00::1"],
    [1, 1, "unreachable", "administratively prohibited, reported by fd00::1"],
    [1, 3, "unreachable", "host unreachable, reported by fd00::1"],
    [1, 4, "refused", "port unreachable, reported by fd00::1"],
    [1, 6, "unreachable", "rejected by a route, reported by fd00::1"],
    [1, 9, "unreachable", "ICMPv6 type 1 code 9, reported by fd00::1"],
    [3, 0, "unreachable", "hop limit exceeded, reported by fd00::1"],
    [3, 3, "unreachable", "hop limit exceeded, reported by fd00::1"],
    [4, 0, "unreachable", "ICMPv6 type 4 code 0, reported by fd00::1"],
  ] as const)("of type %d and code %d is %s: %s", (type, code, failure, detail) => {
    expect(icmpFailure({ family: 6, type, code, from: "fd00::1" }, undefined)).toEqual({ code: failure, detail });
  });
});

describe("the failure of an ICMP error", () => {
  const failureOf = (type: number, code: number, own?: string) => icmpFailure({ type, code, from: "192.0.2.1" }, own);

  test.each([
    [3, 0, "unreachable", "network unreachable, reported by 192.0.2.1"],
    [3, 1, "unreachable", "host unreachable, reported by 192.0.2.1"],
    [3, 3, "refused", "port unreachable, reported by 192.0.2.1"],
    [3, 13, "unreachable", "administratively prohibited, reported by 192.0.2.1"],
    [3, 15, "unreachable", "ICMP type 3 code 15, reported by 192.0.2.1"],
    [11, 0, "unreachable", "TTL exceeded, reported by 192.0.2.1"],
    [12, 0, "unreachable", "ICMP type 12 code 0, reported by 192.0.2.1"],
  ] as const)("of type %d and code %d is %s: %s", (type, code, failure, detail) => {
    expect(failureOf(type, code)).toEqual({ code: failure, detail });
  });

  test("names this machine where its own kernel reported it", () => {
    expect(failureOf(3, 1, "192.0.2.1").detail).toBe("host unreachable, reported by this machine");
    expect(failureOf(3, 1, "192.0.2.2").detail).toBe("host unreachable, reported by 192.0.2.1");
  });
});
