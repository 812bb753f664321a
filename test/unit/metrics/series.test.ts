/** How many series a gateway, or whatever else is outside, can make. */
import { describe, expect, test } from "bun:test";

import { createMetrics } from "../../../src/metrics/metrics.ts";
import { METRICS } from "../../../src/metrics/table.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { FLAGS, SECRETS } from "./metrics.fixture.ts";

/** Where the values of each label come from. A new label has to be put into one of the lists. */
const OF_CONFIGURATION = [
  ...["gateway_ip", "gateway_name", "prober", "target", "tier", "provider", "hook", "seed"],
  ...["check_period", "timeout", "port", "scheme", "path"],
];
const OF_BUILD = ["version", "commit"];
/** Words of this program, with the most that there are of them in a metric. */
const WORDS = ["status", "method", "operation", "type", "reason", "object", "extent", "cause", "state", "kind"];

describe.each(METRICS.map(({ name, labels, foreign }) => ({ name, labels, foreign })))("$name", (row) => {
  test("has no label with values from outside but one that is bounded", () => {
    const known = [...OF_CONFIGURATION, ...OF_BUILD, ...WORDS, row.foreign];
    expect(row.labels.filter((label) => !known.includes(label))).toEqual([]);
  });
});

const answered = (gateway: string, status: number): ServiceEvent => ({
  ...{ type: "probe", gateway, failures: 1 },
  result: { kind: "failure", code: "status", detail: `status ${status}`, seconds: 0.001, status },
});

const parsed = parseConfig({ ...FLAGS, ...SECRETS }, { environment: {}, readFile: () => "" });
if (!parsed.ok) throw new Error(parsed.problems.join());
const settings = parsed.config;
const [gateway] = settings.pools[0].gateways as [string];

async function statusesOf(metrics: ReturnType<typeof createMetrics>): Promise<Record<string, string>> {
  const text = await metrics.registry.metrics();
  const lines = text.matchAll(/^http_requests_total\{.*status_code="(\w+)".*\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, status, count]) => [status!, count!]));
}

test("a gateway that answers with every status there is makes 17 series, and every answer is counted", async () => {
  const metrics = createMetrics(settings);
  const statuses = Array.from({ length: 900 }, (_, index) => index + 100);
  for (const status of [...statuses, ...statuses]) metrics.record(answered(gateway, status));
  const first = statuses.slice(0, 16).map((status) => [status, "2"]);
  expect(await statusesOf(metrics)).toEqual({ ...Object.fromEntries(first), other: String(2 * (900 - 16)) });
});

test("a reload gives it no more of them", async () => {
  const metrics = createMetrics(settings);
  for (let status = 200; status < 216; status++) metrics.record(answered(gateway, status));
  await metrics.reload(settings);
  for (const status of [200, 300, 301]) metrics.record(answered(gateway, status));
  const found = await statusesOf(metrics);
  expect(Object.keys(found)).toHaveLength(17);
  expect([found["200"], found["other"]]).toEqual(["2", "2"]);
});
