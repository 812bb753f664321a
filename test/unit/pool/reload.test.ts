import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { Gateways, type GatewayRules } from "../../../src/pool/gateways.ts";
import { type ScheduleOptions, startSchedules } from "../../../src/pool/schedule.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";
import { TargetFaults } from "../../../src/probe/target-faults.ts";
import { pass } from "../../fixtures/fake-time.ts";

const OK: ProbeResult = { kind: "success", seconds: 0, detail: "status 200", status: 200 };
const FAILED: ProbeResult = { kind: "failure", seconds: 0, code: "refused", detail: "connection refused" };

const rules = (fall: number, ...names: readonly string[]): GatewayRules => {
  const [first, ...others] = names.map((name) => ({ name, thresholds: { rise: 1, fall } }));
  return { probers: [first!, ...others] };
};
const never = (): boolean => false;

describe("the health of gateways with other rules", () => {
  const setUp = (given: GatewayRules) => new Gateways({ gateways: new Map([["a", given]]), emit() {} });

  test("stays, and failures so far count towards another threshold", () => {
    const gateways = setUp(rules(5, "http"));
    for (const result of [OK, FAILED, FAILED]) gateways.record("a", result);
    gateways.reload({ gateways: new Map([["a", rules(3, "http")]]) }, never);
    expect(gateways.statusOf("a")).toBe("up");
    gateways.record("a", FAILED);
    expect(gateways.statusOf("a")).toBe("down");
  });

  test("stays until a prober that asks for something else has its first result, which decides alone", () => {
    const gateways = setUp(rules(5, "http"));
    gateways.record("a", OK);
    gateways.reload({ gateways: new Map([["a", rules(5, "http")]]) }, (_, prober) => prober === "http");
    expect(gateways.statusOf("a")).toBe("up");
    gateways.record("a", FAILED);
    expect(gateways.statusOf("a")).toBe("down");
  });

  test("keeps what one prober knows when another one comes or goes", () => {
    const gateways = setUp(rules(2, "http"));
    gateways.record("a", OK);
    gateways.reload({ gateways: new Map([["a", rules(2, "http", "icmp")]]) }, never);
    gateways.record("a", FAILED, false, "icmp");
    expect(gateways.statusOf("a")).toBe("down");
    gateways.reload({ gateways: new Map([["a", rules(2, "http")]]) }, never);
    gateways.record("a", OK, false, "http");
    expect(gateways.statusOf("a")).toBe("up");
  });

  test("is unknown of a gateway that comes back after it was none", () => {
    const gateways = setUp(rules(1, "http"));
    gateways.record("a", OK);
    gateways.reload({ gateways: new Map([["b", rules(1, "http")]]) }, never);
    expect(gateways.statusOf("a")).toBe("unknown");
    gateways.reload({ gateways: new Map([["a", rules(1, "http")]]) }, never);
    expect(gateways.statusOf("a")).toBe("unknown");
  });
});

describe("a schedule with other probers", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test("keeps the rhythm of what stays, begins what is new at once, and drops the result of what goes", async () => {
    const begin = performance.now();
    const started: string[] = [];
    const results: string[] = [];
    let answer = (): void => {};
    const prober = (name: string, gateways: readonly string[], hangs = false): ScheduleOptions => ({
      ...{ name, gateways, period: 1000 },
      probe(gateway) {
        started.push(`${Math.round(performance.now() - begin)} ${name} ${gateway}`);
        if (!hangs) return Promise.resolve(OK);
        return new Promise((resolve) => (answer = () => resolve(OK)));
      },
      onResult: (gateway) => void results.push(`${name} ${gateway}`),
    });
    const schedule = startSchedules([prober("http", ["a"]), prober("icmp", ["a"], true)]);
    await pass(400);
    schedule.reload([prober("http", ["a", "b"])], never);
    answer();
    await pass(1001);
    schedule.stop();
    expect(started).toEqual(["0 http a", "0 icmp a", "400 http b", "1000 http a", "1400 http b"]);
    expect(results).not.toContain("icmp a");
  });

  test("probes at once what asks for something else", async () => {
    const started: string[] = [];
    const prober = (name: string): ScheduleOptions => ({
      ...{ name, gateways: ["a"], period: 1000, onResult() {} },
      probe: async () => (started.push(name), OK),
    });
    const schedule = startSchedules([prober("http")]);
    await pass(100);
    schedule.reload([prober("http")], () => true);
    await pass(1);
    schedule.stop();
    expect(started).toEqual(["http", "http"]);
  });
});

test("a target at fault stays at fault when its prober gets another gateway", () => {
  const options = { prober: "tcp", targets: ["x", "y"], emit() {}, now: () => 0 };
  const former = new TargetFaults({ ...options, gateways: ["a"] });
  const answers = new Map<string, ProbeResult>([
    ["x", FAILED],
    ["y", OK],
  ]);
  for (let round = 0; round < 3; round++) former.record("a", answers);
  expect([...former.current]).toEqual(["x"]);
  const faults = new TargetFaults({ ...options, gateways: ["a", "b"], former, now: () => 60_000 });
  expect([...faults.current]).toEqual(["x"]);
  expect(faults.takeDue("a")).toEqual(["x"]);
  expect(faults.takeDue("b")).toEqual([]);
});
