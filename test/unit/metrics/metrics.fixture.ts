import { expect } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import type { ProbeFailureCode, ProbeResult } from "../../../src/probe/probe.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";

export const SECRET = "hunter2";
export const GATEWAYS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"];
export const FLAGS = {
  "start-ip": "10.0.0.1",
  "end-ip": "10.0.0.3",
  path: "/health",
  timeout: "1500ms",
  "check-period": "1m",
};
export const SECRETS = {
  "ddns-password": SECRET,
  "public-ip-service-username": "u",
  "public-ip-service-password": SECRET,
};

/** The metrics of three gateways, with the values of their series. */
export function setUp(more: Readonly<Record<string, string>> = {}) {
  const parsed = parseConfig({ ...FLAGS, ...SECRETS, ...more }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { registry, record } = createMetrics(parsed.config);
  return {
    registry,
    record: (...events: readonly ServiceEvent[]) => events.forEach(record),
    gateways: parsed.config.pools[0].gateways,
    /** The value of one series, undefined when there is none; of a histogram give the name with _count or _sum. */
    async value(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
      const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(/_(count|sum)$/, ""));
      const { values } = (await metric!.get()) as { values: { metricName?: string; labels: object; value: number }[] };
      const found = values.filter(
        (entry) => (entry.metricName ?? name) === name && Bun.deepEquals(entry.labels, labels),
      );
      expect(found.length).toBeLessThan(2);
      return found[0]?.value;
    },
  };
}

export const ip = { gateway_ip: "10.0.0.1" };
export const probe = (result: ProbeResult, failures = 0): ServiceEvent => ({
  type: "probe",
  gateway: "10.0.0.1",
  result,
  failures,
});
export const turned = (
  gateway: string,
  status: "up" | "down",
  before: "up" | "down" | "unknown" = status === "up" ? "down" : "up",
): ServiceEvent => ({ type: "gateway", gateway, before, status, detail: "", up: 2, down: 1, total: 3 });
export const success: ProbeResult = { kind: "success", seconds: 0.25, detail: "status 204", status: 204 };
export const failure = (code: ProbeFailureCode, status?: number): ProbeResult => ({
  kind: "failure",
  seconds: 0.5,
  code,
  detail: code,
  ...(status === undefined ? {} : { status }),
});
