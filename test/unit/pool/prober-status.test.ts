import { describe, expect, test } from "bun:test";

import type { ProberRule } from "../../../src/pool/gateway-health.ts";
import { FAIL, OK, openPool } from "./pool.fixture.ts";

const rule = (name: string, fall: number): ProberRule => ({ name, thresholds: { rise: 1, fall } });
const PROBERS = [rule("http", 1), rule("icmp", 2)] as const;

describe("what one of several probers sees of a gateway is reported", () => {
  const seen = (prober: string, status: "up" | "down") => ({ type: "prober", gateway: "a", prober, status });

  test("with its first result, and with each one that turns it", () => {
    const { pool, reported } = openPool({ probers: PROBERS });
    for (const result of [OK, OK, FAIL, FAIL, FAIL, OK]) pool.record("a", result, false, "icmp");
    pool.record("a", FAIL, false, "http");
    expect(reported("prober")).toEqual([
      seen("icmp", "up"),
      seen("icmp", "down"),
      seen("icmp", "up"),
      seen("http", "down"),
    ] as never[]);
  });

  test("when its loss or latency begins or ends to be a fault", () => {
    const { pool, reported } = openPool({ probers: PROBERS });
    pool.record("a", OK, false, "icmp");
    pool.setFault("a", { code: "loss", detail: "loss 35%" }, "icmp");
    pool.setFault("a", { code: "loss", detail: "loss 36%" }, "icmp");
    pool.setFault("a", undefined, "icmp");
    expect(reported("prober")).toEqual([seen("icmp", "up"), seen("icmp", "down"), seen("icmp", "up")] as never[]);
  });
});

test("of the only prober nothing is reported besides the gateway", () => {
  const { pool, reported } = openPool();
  for (const result of [OK, FAIL]) pool.record("a", result);
  pool.setFault("a", { code: "loss", detail: "loss 35%" });
  expect(reported("prober")).toEqual([]);
});
