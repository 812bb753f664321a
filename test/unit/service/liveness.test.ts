import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
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

function livenessWith(flags: Readonly<Record<string, string>> = {}) {
  const range = { "start-ip": "10.0.0.11", "end-ip": "10.0.0.12" };
  const parsed = parseConfig({ ...range, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return createLiveness(parsed.config);
}

const THROUGH = { through: "icmp:1.1.1.1", "through-period": "60s", "through-timeout": "5s" };

test("a service that probes beyond its gateways only is alive for three periods and timeouts of these", () => {
  const { report } = livenessWith({ ...THROUGH, "through-only": "true" });
  jest.advanceTimersByTime(3 * 65_000 + 9999);
  expect(report().ok).toBe(true);
  jest.advanceTimersByTime(1);
  expect(report().ok).toBe(false);
});

test.each([{}, THROUGH])(
  "a service is alive while probes end, whatever they find, and for three periods, timeouts and 10 s besides",
  (flags) => {
    const { record, report } = livenessWith(flags);
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
  },
);
