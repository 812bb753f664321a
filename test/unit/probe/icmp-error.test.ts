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
