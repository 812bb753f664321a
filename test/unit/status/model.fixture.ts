import type { PoolConfig } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { StatusModel } from "../../../src/status/model.ts";
import type { PoolModelOptions } from "../../../src/status/pool.ts";
import type { Gateway, Status } from "../../../src/status/schema.ts";
import type { NextHop, ObservedRoute, ObservedRule } from "../../../src/routing/types.ts";

export const GATEWAYS = ["10.0.0.1", "10.0.0.2", "10.0.0.3"] as const;
export const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Clocks that the test moves. */
export class FakeClock implements Clock {
  now = 0;
  /** What was added to the wall clock by hand. */
  set = 0;
  readonly steady = (): number => 5000 + this.now;
  readonly wall = (): number => START + this.now + this.set;
  readonly format = (wall: number): string => new Date(wall).toISOString();
}

const DDNS = { "ddns-provider": "dynudns", "ddns-hostname": "gw.example.net", "ddns-password": "hunter2" };
const RANGE = { "start-ip": GATEWAYS[0], "end-ip": GATEWAYS[2] };

/** A status model with a clock of its own: of one pool without a name, or of some with the same gateways. */
export function setUp(flags: Record<string, string> = {}, ddns = true, ...names: readonly string[]) {
  const given = { ...RANGE, ...(ddns ? DDNS : {}), ...flags };
  const parsed = parseConfig(given, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  const clock = new FakeClock();
  const unnamed = parsed.config.pools[0];
  const optionsOf = (pool: PoolConfig): PoolModelOptions => {
    return {
      pool,
      tableRef: { table: 180, preference: 10888 },
    };
  };
  const [first = unnamed, ...others] = names.map((name) => ({ ...unnamed, name }));
  const model = new StatusModel({
    config: parsed.config,
    pools: [optionsOf(first), ...others.map(optionsOf)],
    build: { version: "1.2.3", commit: "abc" },
    clock,
  });
  const status = (ok = true): Status =>
    model.status({ alive: { ok: true, why: "probes are running" }, standing: { ok, why: ok ? "right" : "wrong" } });
  return {
    clock,
    model,
    status,
    gateway: (number: number): Gateway => status().gateways[number - 1]!,
    record: (...events: readonly ServiceEvent[]) => events.forEach((event) => model.record(event)),
  };
}

export const addressOf = (number: number): string => `10.0.0.${number}`;

export const healthy = (number: number, seconds: number): ServiceEvent => ({
  type: "probe",
  gateway: addressOf(number),
  result: { kind: "success", seconds, detail: "status 200", status: 200 },
  failures: 0,
});

export const failed = (number: number, detail: string, failures = 1): ServiceEvent => ({
  type: "probe",
  gateway: addressOf(number),
  result: { kind: "failure", seconds: 1, code: "timeout", detail },
  failures,
});

export const turned = (number: number, status: "up" | "down"): ServiceEvent => ({
  type: "gateway",
  gateway: addressOf(number),
  before: "unknown",
  status,
  detail: "",
  up: 0,
  down: 0,
  total: 3,
});

export const route = (nexthops: readonly NextHop[], more: Partial<ObservedRoute> = {}): ObservedRoute => ({
  family: 4,
  table: 180,
  type: "unicast",
  destination: parseCidr("0.0.0.0/0")!,
  metric: 0,
  protocol: 173,
  nexthops,
  ...more,
});

export const RULE: ObservedRule = { family: 4, preference: 10888, kind: "lookup", table: 180, protocol: 173 };

export const observed = (routes: readonly ObservedRoute[], rules: readonly ObservedRule[] = [RULE]): ServiceEvent => ({
  type: "observed",
  gateways: 0,
  routes,
  rules,
});
