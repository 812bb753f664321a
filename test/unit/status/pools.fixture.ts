import { tableRefOf } from "../../../src/config/model.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import { StatusModel } from "../../../src/status/model.ts";
import type { PoolModelOptions } from "../../../src/status/pool.ts";
import type { Gateway, Pool, Status } from "../../../src/status/schema.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { FakeClock } from "./model.fixture.ts";

export const [SWEDEN, NORWAY, LTE] = ["10.77.0.10", "10.77.0.11", "10.77.0.12"] as const;

/** Two pools, which share a gateway. */
export const FILE = `
[service]
metrics-port = 9090
[probe.health]
type = "http"
port = 9999
period = "1s"
timeout = "500ms"
[[gateway]]
name = "sweden"
address = "${SWEDEN}"
[[gateway]]
name = "norway"
address = "${NORWAY}"
[[gateway]]
name = "lte"
address = "${LTE}"
[[pool]]
name = "vpn"
from = ["10.78.0.0/24"]
routes = ["0.0.0.0/0"]
members = [{ gateway = "sweden", weight = 2 }, { gateway = "norway" }, { gateway = "lte", tier = 2 }]
when-no-gateways = "unreachable"
[[pool]]
name = "rest"
members = [{ gateway = "norway" }]
exclude = ["198.51.100.0/24"]
`;

/** A status model of the pools of a file, with a clock of its own. */
export function setUpPools(file = FILE) {
  const config = configOf(file, { secrets: { "/run/dns": "hunter2" } });
  const clock = new FakeClock();
  const optionsOf = (pool: (typeof config.pools)[number]): PoolModelOptions => ({
    pool,
    tableRef: tableRefOf(pool),
    ddnsLabel: pool.ddnsProvider,
  });
  const [first, ...others] = config.pools;
  const model = new StatusModel({
    config,
    pools: [optionsOf(first), ...others.map(optionsOf)],
    build: { version: "1.2.3", commit: "abc" },
    clock,
  });
  const right = { ok: true, why: "right" };
  const status = (standings = config.pools.map(() => right)): Status =>
    model.status({ alive: right, standing: right, standings });
  return {
    config,
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
