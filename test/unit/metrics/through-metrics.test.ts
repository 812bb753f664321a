import { describe, expect, test } from "bun:test";

import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { failure, FLAGS, success } from "./metrics.fixture.ts";

const ICMP = "icmp 1.1.1.1, 9.9.9.9";
const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9" };

function setUp(flags: Record<string, string> = THROUGH) {
  const parsed = parseConfig({ ...FLAGS, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const { registry, record } = createMetrics(parsed.config);
  return {
    record: (...events: readonly ServiceEvent[]) => events.forEach(record),
    /** The series of some metrics of the gateway 10.0.0.1, or of none, as lines of Prometheus. */
    series: async (pattern: RegExp) =>
      (await registry.metrics())
        .split("\n")
        .filter((line) => !line.startsWith("#") && pattern.test(line) && !/10\.0\.0\.[23]/.test(line)),
  };
}

const probe = (prober: string | undefined, result: ProbeResult, failures = 0): ServiceEvent => ({
  ...{ type: "probe", gateway: "10.0.0.1", result, failures },
  ...(prober === undefined ? {} : { prober }),
});

const quality = (loss: number, median: number | undefined): ServiceEvent => ({
  ...{ type: "quality", gateway: "10.0.0.1", prober: ICMP, fault: undefined },
  quality: { probes: 10, answered: 9, loss, median, p90: median },
});

describe("probes beyond gateways", () => {
  test("have no series without -through", async () => {
    expect(await setUp({}).series(/^through_/)).toEqual([]);
  });

  test("have a series for each outcome and target from the start", async () => {
    expect(await setUp().series(/^through_(rounds|round_failures|target)/)).toEqual([
      `through_rounds_total{gateway_ip="10.0.0.1",prober="${ICMP}",status="success"} 0`,
      `through_rounds_total{gateway_ip="10.0.0.1",prober="${ICMP}",status="failure"} 0`,
      `through_target_at_fault{prober="${ICMP}",target="1.1.1.1"} 0`,
      `through_target_at_fault{prober="${ICMP}",target="9.9.9.9"} 0`,
    ]);
  });

  test("are counted by prober, and their failures by reason", async () => {
    const { record, series } = setUp();
    record(probe("http", success), probe(ICMP, success), probe(ICMP, failure("timeout"), 1));
    expect(await series(/^through_round/)).toEqual([
      `through_rounds_total{gateway_ip="10.0.0.1",prober="${ICMP}",status="success"} 1`,
      `through_rounds_total{gateway_ip="10.0.0.1",prober="${ICMP}",status="failure"} 1`,
      `through_round_failures_total{gateway_ip="10.0.0.1",prober="${ICMP}",reason="timeout"} 1`,
    ]);
  });

  test("are counted too where they are the only ones, without a name in their events", async () => {
    const { record, series } = setUp({ ...THROUGH, "through-only": "true" });
    record(probe(undefined, { ...success, detail: ICMP }));
    expect(await series(/^through_rounds.*success/)).toEqual([
      `through_rounds_total{gateway_ip="10.0.0.1",prober="${ICMP}",status="success"} 1`,
    ]);
    expect(await series(/^http_requests_total/)).toEqual([]);
  });

  test("have loss and median latency of the last minute, which is no number without answers", async () => {
    const { record, series } = setUp();
    record(quality(0.1, 0.02));
    expect(await series(/^through_l/)).toEqual([
      `through_loss_ratio{gateway_ip="10.0.0.1",prober="${ICMP}"} 0.1`,
      `through_latency_median_seconds{gateway_ip="10.0.0.1",prober="${ICMP}"} 0.02`,
    ]);
    record(quality(1, undefined));
    expect((await series(/^through_latency/))[0]).toEndWith(" Nan");
  });

  test("have a gauge that is 1 while a target is at fault", async () => {
    const { record, series } = setUp();
    const nine = { prober: ICMP, target: "9.9.9.9" };
    record({ type: "target-fault", ...nine, code: "timeout", detail: "" });
    expect((await series(/^through_target.*9"\}/)).map((line) => line.slice(-2))).toEqual([" 1"]);
    record({ type: "target-back", ...nine });
    expect((await series(/^through_target.*9"\}/)).map((line) => line.slice(-2))).toEqual([" 0"]);
  });
});

describe("the metrics of all probes, with probes beyond gateways,", () => {
  test("count those, but only answers of the gateway itself as HTTP", async () => {
    const { record, series } = setUp({ through: "https://example.com/" });
    record(probe("http", success), probe("url https://example.com/", success));
    expect(await series(/^gateway_health_check_total.*success/)).toEqual([
      'gateway_health_check_total{gateway_ip="10.0.0.1",status="success"} 2',
    ]);
    expect(await series(/^http_request(s_total|_duration_seconds_count)/)).toEqual([
      'http_requests_total{gateway_ip="10.0.0.1",status_code="204",method="GET"} 1',
      'http_request_duration_seconds_count{gateway_ip="10.0.0.1"} 1',
    ]);
  });

  test("have the failures in a row of the prober with the most", async () => {
    const { record, series } = setUp();
    record(probe(ICMP, failure("timeout"), 3), probe("http", success));
    expect(await series(/^consecutive/)).toEqual(['consecutive_failures_count{gateway_ip="10.0.0.1"} 3']);
    record(probe(ICMP, success));
    expect(await series(/^consecutive/)).toEqual(['consecutive_failures_count{gateway_ip="10.0.0.1"} 0']);
  });
});
