import { describe, expect, test } from "bun:test";

import type { ProbeFailureCode, ProbeResult } from "../../../src/probe/probe.ts";
import { roundResult } from "../../../src/probe/round-result.ts";

const ok = (detail = "echo reply"): ProbeResult => ({ kind: "success", seconds: 0.01, detail });
const failed = (code: ProbeFailureCode, detail: string = code): ProbeResult => ({
  kind: "failure",
  seconds: 0.1,
  code,
  detail,
});

function resultOf(answers: Readonly<Record<string, ProbeResult>>, { need = 1, total = 3, success = false } = {}) {
  return roundResult("icmp", { success, seconds: 0.5, answers: new Map(Object.entries(answers)) }, need, total);
}

describe("the result of a round", () => {
  test("is that of a prohibited packet rather than of an answer without the expected text, and this rather than silence", () => {
    const result = (...codes: ProbeFailureCode[]) => {
      return resultOf(Object.fromEntries(codes.map((code) => [code, failed(code)])), { total: codes.length });
    };
    expect(result("timeout", "content", "blocked")).toMatchObject({ code: "blocked" });
    expect(result("timeout", "content", "refused")).toMatchObject({ code: "content" });
  });

  test("that succeeds has the time of the round and names the targets that answered", () => {
    const answers = {
      "1.1.1.1": failed("timeout"),
      "9.9.9.9": ok(),
      "8.8.8.8": { ...ok("status 204"), status: 204, again: true },
    };
    expect(resultOf(answers, { success: true })).toEqual({
      kind: "success",
      seconds: 0.5,
      detail: "icmp 9.9.9.9, 8.8.8.8: status 204",
      status: 204,
    });
  });

  test("that fails in silence names the prober and its targets", () => {
    const silence = failed("timeout", "timeout after 1s");
    expect(resultOf({ "1.1.1.1": silence, "9.9.9.9": silence })).toEqual({
      kind: "failure",
      seconds: 0.5,
      code: "timeout",
      detail: "icmp 1.1.1.1, 9.9.9.9: no answer through it",
    });
  });

  test("has the failure that says most, with its target where others failed otherwise", () => {
    const answers = { a: failed("timeout"), b: failed("status", "status 503"), c: failed("other") };
    expect(resultOf(answers)).toMatchObject({ code: "status", detail: "icmp a, b, c: status 503 (b)" });
    const alike = { a: failed("refused", "connection refused"), b: failed("refused", "connection refused") };
    expect(resultOf(alike)).toMatchObject({ code: "refused", detail: "icmp a, b: connection refused" });
  });

  test("names the first targets of many, and how many answered where that is not enough", () => {
    const silence = failed("timeout");
    const answers = { a: silence, b: ok(), c: silence, d: silence, e: silence };
    expect(resultOf(answers, { need: 2, total: 5 }).detail).toBe(
      "icmp a, c, d and 1 more: no answer through it; only 1 of the 2 needed answered",
    );
  });

  test.each([
    [1, 2, "exhausted"], // the one that was not sent might have answered
    [2, 2, "timeout"], // it would not have been enough
    [2, 3, "exhausted"], // it and one that was not asked any more
    [1, 1, "timeout"],
  ])("of which one ask timed out and one could not be sent, with need %d of %d, is %s", (need, total, code) => {
    const answers = { a: failed("timeout"), b: failed("exhausted", "no socket") };
    expect(resultOf(answers, { need, total })).toMatchObject({ code });
  });

  test("is no verdict when nothing could be sent, and names the prober alone when nothing was asked in time", () => {
    expect(resultOf({ a: failed("exhausted") }, { total: 1 })).toMatchObject({ code: "exhausted" });
    expect(resultOf({})).toMatchObject({ code: "timeout", detail: "icmp: no answer through it" });
  });
});
