import { describe, expect, test } from "bun:test";

import {
  complaintOf,
  failedLinesOf,
  readComplaint,
  rejectedLinesOf,
} from "../../../../src/routing/iproute2/complaint.ts";

describe("what ip reports on standard error", () => {
  test.each([
    ["RTNETLINK answers: Operation not permitted\n", "not-permitted", "Operation not permitted"],
    ["Error: Nexthop has invalid gateway.\nCommand failed -:2\n", "nexthop", "Error: Nexthop has invalid gateway."],
    ["\n\nRTNETLINK answers: File exists\n", "other", "File exists"],
    ["ip: unrecognized option: V\nBusyBox v1.36.1\n", "busybox", "ip: unrecognized option: V"],
    ["", "other", "no message"],
  ])("%j has a code and a reason", (stderr, code, reason) => {
    expect(readComplaint(stderr)).toMatchObject({ code, reason });
  });

  test("keeps the whole first line besides the reason", () => {
    expect(readComplaint("RTNETLINK answers: File exists\nmore").line).toBe("RTNETLINK answers: File exists");
  });

  test("is an error of its own when it is BusyBox's", () => {
    expect(() => complaintOf("BusyBox v1.36.1")).toThrow("ip is BusyBox's");
  });

  test("names the lines of a batch that failed", () => {
    expect(failedLinesOf("Error: no\nCommand failed -:2\nRTNETLINK answers: x\nCommand failed -:11\n")).toEqual([
      2, 11,
    ]);
    expect(failedLinesOf("Error: no\n")).toEqual([]);
  });

  test("names the look-ups that a route or rule rejects, in the words of glibc and of musl", () => {
    const errors = ["Permission denied", "No route to host", "Host is unreachable", "Invalid argument"];
    const others = ["Network is unreachable", "Network unreachable", "No buffer space available"];
    const text = [...errors, ...others].map(
      (one, index) => `RTNETLINK answers: ${one}\nCommand failed -:${index + 1}\n`,
    );
    expect(rejectedLinesOf(text.join(""))).toEqual([1, 2, 3, 4]);
  });
});
