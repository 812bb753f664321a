import { expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { FLAGS } from "./metrics.fixture.ts";

async function seriesOf(flags: Record<string, string>, name: string): Promise<string[]> {
  const parsed = parseConfig({ ...FLAGS, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { registry, record } = createMetrics(parsed.config);
  record({ type: "exit", gateway: "10.0.0.1", result: { kind: "success", address: "5.0.0.9", seconds: 0.1 } });
  record({ type: "gateway-leaks", gateway: "10.0.0.1", address: "5.0.0.9", leaking: true });
  record({ type: "gateway-leaks", gateway: "10.0.0.2", address: "5.0.0.9", leaking: true });
  record({ type: "gateway-leaks", gateway: "10.0.0.2", address: "5.0.0.2", leaking: false });
  return (await registry.metrics()).split("\n").filter((line) => line.startsWith(`${name}{`));
}

const CHECKED = { "exit-check": "https://ip.example.com/" };

test("gateways that leak, and questions for exits, are counted", async () => {
  expect((await seriesOf(CHECKED, "gateway_leaking")).slice(0, 2)).toEqual([
    'gateway_leaking{gateway_ip="10.0.0.1"} 1',
    'gateway_leaking{gateway_ip="10.0.0.2"} 0',
  ]);
  expect(await seriesOf(CHECKED, "exit_checks_total")).toContain(
    'exit_checks_total{gateway_ip="10.0.0.1",status="success"} 1',
  );
});

test("without -exit-check there are no such series", async () => {
  expect(await seriesOf({}, "gateway_leaking")).toEqual([]);
});
