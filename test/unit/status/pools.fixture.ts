import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Config, type PoolConfig, tableRefOf } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { StatusModel, type StatusModelOptions } from "../../../src/status/model.ts";
import type { PoolModelOptions } from "../../../src/status/pool.ts";
import type { Gateway, Pool, Status } from "../../../src/status/schema.ts";
import type { PoolReport } from "../../../src/status/standing.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { FakeClock } from "./model.fixture.ts";

export const [SWEDEN, NORWAY, LTE] = ["10.77.0.10", "10.77.0.11", "10.77.0.12"] as const;

/** Two pools, which share a gateway. */
export const FILE = readFileSync(join(import.meta.dir, "../config/file/pools.toml"), "utf8");

/** What a status model needs to know of a configuration. */
export function partsOf(config: Config): Pick<StatusModelOptions, "config" | "pools"> {
  const optionsOf = (pool: PoolConfig): PoolModelOptions => ({
    pool,
    tableRef: tableRefOf(pool),
  });
  const [first, ...others] = config.pools;
  return { config, pools: [optionsOf(first), ...others.map(optionsOf)] };
}

/** A status model of the pools of a file, with a clock of its own. */
export function setUpPools(file = FILE) {
  return setUpConfig(configOf(file, { secrets: { "/run/dns": "hunter2" } }));
}

/** The same, of flags. */
export function setUpFlags(flags: Readonly<Record<string, string>>) {
  const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return setUpConfig(parsed.config);
}

function setUpConfig(config: Config) {
  const clock = new FakeClock();
  const model = new StatusModel({ ...partsOf(config), build: { version: "1.2.3", commit: "abc" }, clock });
  const right = { ok: true, why: "right" };
  const status = (standings: readonly PoolReport[] = config.pools.map(() => right)): Status =>
    model.status({ alive: right, standing: standings[0]!, standings });
  return {
    config,
    model,
    clock,
    status,
    pool: (name: string): Pool => status().pools!.find((pool) => pool.name === name)!,
    gateway: (address: string): Gateway => status().gateways.find((one) => one.address === address)!,
    /** Events of all pools, or of one. */
    record: (...events: readonly ServiceEvent[]) => events.forEach((event) => model.record(event)),
    recordIn: (pool: string, ...events: readonly ServiceEvent[]) =>
      events.forEach((event) => model.record({ ...event, pool } as ServiceEvent)),
  };
}

export const up = (gateway: string, status: "up" | "down" = "up"): ServiceEvent => ({
  type: "gateway",
  ...{ gateway, before: "unknown", status, detail: "", up: 0, down: 0, total: 3 },
});
