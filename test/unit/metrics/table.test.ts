import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { METRICS, metricsMarkdown } from "../../../src/metrics/table.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { EARLIER_METRICS } from "../../fixtures/earlier-metrics.ts";

const BUCKETS = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"];

function registry() {
  const range = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" };
  const flags = { ...range, "ddns-provider": "dynudns", "ddns-hostname": "a.example", "ddns-password": "k" };
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const metrics = createMetrics(parsed.config);
  const result = { kind: "success", seconds: 0.003, detail: "status 200", status: 200 } as const;
  metrics.record({ type: "probe", gateway: "10.0.0.1", result, failures: 0 });
  metrics.record({ type: "cycle", seconds: 0.003, up: 3 });
  metrics.record({ type: "applied", changes: [], seconds: 0.003, error: undefined });
  const found = { kind: "success", seconds: 0.003, address: "1.0.0.1" } as const;
  metrics.record({ type: "public-ip", gateway: "10.0.0.1", result: found });
  metrics.record({ type: "ddns-update", seconds: 0.003, changes: [], error: undefined });
  return metrics.registry;
}

describe("a metric of the earlier program", () => {
  test.each(EARLIER_METRICS)("%s keeps its type and labels", (name, type, labels) => {
    const rows = METRICS.filter((row) => row.name === name);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ type, labels });
  });

  test.each(EARLIER_METRICS)("%s is served as %s", async (name, type) => {
    expect((await registry().metrics()).split("\n")).toContain(`# TYPE ${name} ${type}`);
  });

  test.each(EARLIER_METRICS.filter(([, type]) => type === "histogram").map(([name]) => name))(
    "%s has Prometheus' default buckets",
    async (name) => {
      const text = await registry().metrics();
      const buckets = [...text.matchAll(new RegExp(`^${name}_bucket\\{le="([^"]+)"`, "gm"))].map(([, bound]) => bound);
      expect(buckets).toEqual(BUCKETS);
    },
  );
});

describe("the table", () => {
  test("names no metric twice", () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  test.each(METRICS.map(({ name, type, help }) => [name, type, help] as const))(
    "%s follows the rules of Prometheus for names and has a help text",
    (name, type, help) => {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(name.endsWith("_total")).toBe(type === "counter");
      expect(help.length).toBeGreaterThan(10);
    },
  );

  test("is in the generated table row by row", () => {
    const rows = metricsMarkdown().trim().split("\n").slice(2);
    expect(rows.map((row) => row.split("`")[1])).toEqual(METRICS.map(({ name }) => name));
    expect(rows[0]).toContain("| counter | `gateway_ip` `status` |");
    expect(rows[2]).toContain("| gauge | (`pool`) (`family`) |");
  });
});
