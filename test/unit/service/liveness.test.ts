import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createLiveness } from "../../../src/service/liveness.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const PROBE: ServiceEvent = {
  type: "probe",
  gateway: "10.0.0.11",
  result: { kind: "failure", code: "timeout", detail: "no answer", seconds: 1 },
  failures: 1,
};

const TIMING = {
  ...{ checkPeriod: 3000, timeout: 1000 },
  ...{ through: [], throughOnly: false, throughPeriod: 60_000, throughTimeout: 5000 },
};

test("a service that probes beyond its gateways only is alive for three periods and timeouts of these", () => {
  const { report } = createLiveness([
    { ...TIMING, through: [{ label: "icmp", targets: new Map() }], throughOnly: true },
  ]);
  jest.advanceTimersByTime(3 * 65_000 + 9999);
  expect(report().ok).toBe(true);
  jest.advanceTimersByTime(1);
  expect(report().ok).toBe(false);
});

test("a service is alive while probes end, whatever they find, and for three periods, timeouts and 10 s besides", () => {
  const { record, report } = createLiveness([TIMING]);
  jest.advanceTimersByTime(21_999);
  expect(report()).toEqual({ ok: true, why: "probes are running" });
  record(PROBE);
  jest.advanceTimersByTime(21_999);
  record({ type: "settled" }); // says nothing of the probes
  expect(report().ok).toBe(true);
  jest.advanceTimersByTime(1);
  expect(report()).toEqual({ ok: false, why: "no probe has ended for 22s" });
  record(PROBE);
  expect(report().ok).toBe(true);
});

test("a service is not alive when the probes of one of its pools do not end", () => {
  const { record, report } = createLiveness([
    { name: "vpn", ...TIMING },
    { name: "lte", ...TIMING },
  ]);
  jest.advanceTimersByTime(22_000);
  record({ ...PROBE, pool: "vpn" });
  expect(report()).toEqual({ ok: false, why: "no probe has ended in pool lte for 22s" });
  record({ ...PROBE, pool: "lte" });
  expect(report().ok).toBe(true);
});
