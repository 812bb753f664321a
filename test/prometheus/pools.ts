/**
 * A real Prometheus scrapes a service with two pools of a configuration file, with weights, tiers and names. Panels show
 * each pool apart, and alerts name the one that they are about.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { addressOf, answering, type Daemon, Lab, refusing } from "../e2e/lab/index.ts";
import { dashboardOf } from "../unit/cli/monitoring/printed.ts";
import { configure, ENDPOINT, filledIn, INSTANCE, print, Prometheus, queriesOf } from "./prometheus.ts";

setDefaultTimeout(120_000);

const [SWEDEN, NORWAY, LTE] = [1, 2, 3] as const;

/** The file gives its gateways the addresses from 10.77.0.10 on, the lab those from 10.77.0.11 on. */
const FILE = readFileSync(join(import.meta.dir, "../unit/config/file/pools.toml"), "utf8").replaceAll(
  /10\.77\.0\.1(\d)/g,
  (_, last) => addressOf(Number(last) + 1),
);

const board = dashboardOf(500);
const folder = mkdtempSync(join(tmpdir(), "grm-pools-"));
let lab: Lab;
let daemon: Daemon;
let prometheus: Prometheus;

beforeAll(async () => {
  lab = await Lab.open({ gateways: 3 });
  const config = lab.file("config.toml", FILE);
  const flags = { config, ...ENDPOINT };
  configure(folder, { scrapeConfig: print("scrape-config", flags), alerts: print("alerts", flags) });
  prometheus = await Prometheus.start(lab, folder);
  daemon = lab.startWithFile(FILE, ENDPOINT);
  await daemon.untilReady();
  // A change of the routes of both pools, of which some panels tell how long it took.
  lab.gateway(NORWAY).becomes(refusing);
  await prometheus.untilData('gateway_active_count{pool="rest"} == 0');
  lab.gateway(NORWAY).becomes(answering(200));
  await prometheus.untilData('gateway_active_count{pool="rest"} == 1');
  await prometheus.untilData('default_route_gateways_count{pool="vpn"} == 2');
  await prometheus.untilData('default_route_gateways_count{pool="rest"} == 1');
});

afterAll(async () => {
  await prometheus.stop();
  lab.close();
  rmSync(folder, { recursive: true });
});

/** The value of a query, by one of its labels. */
async function valuesBy(label: string, expr: string): Promise<Record<string, number>> {
  const series = await prometheus.query(expr);
  return Object.fromEntries(series.map(({ metric, value }) => [metric[label] ?? "", Number(value[1])]));
}

const queryOf = (title: string, pool = ".*"): string =>
  filledIn(queriesOf(board).find(([one]) => one === title)![1], { pool });

/** Panels that have something to show without events, probes beyond the gateways and a DNS name. */
const SILENT =
  /^(Flaps|Failed probes|Loss|Latency through|Failed rounds|Targets|Records|Public|Updates|Failures at|Duration of updates|Failed look-ups|Changes of public|Hooks|Routers|Differences)/;

test.each(queriesOf(board).filter(([title]) => !SILENT.test(title)))("has data for %s: %s", async (_, expr) => {
  await prometheus.untilData(filledIn(expr));
});

const ofPools = queriesOf(board).filter(([title, expr]) => expr.includes("'$pool'") && !SILENT.test(title));

test.each(ofPools)("shows the chosen pool alone for %s: %s", async (title, expr) => {
  for (const pool of title === "Tiers in use" ? ["vpn"] : ["vpn", "rest"]) {
    const series = await prometheus.untilData(filledIn(expr, { pool }));
    for (const { metric } of series) expect([pool, undefined]).toContain(metric["pool"]!);
  }
});

test("the variables of the dashboard have the pools and the gateways", async () => {
  const valuesOf = async (name: string): Promise<readonly string[]> => {
    const { definition = "" } = board.templating.list.find((one) => one.name === name)!;
    const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(definition)!;
    return prometheus.labelValues(label!, filledIn(series!));
  };
  expect(await valuesOf("instance")).toEqual([INSTANCE]);
  expect(await valuesOf("pool")).toEqual(["rest", "vpn"]);
  expect(await valuesOf("gateway")).toEqual([SWEDEN, NORWAY, LTE].map(addressOf));
});

test("legends have the names of gateways, whose states are there once for all pools", async () => {
  expect(await valuesBy("gateway_name", queryOf("State of each gateway"))).toEqual({ sweden: 1, norway: 1, lte: 1 });
  expect(await prometheus.query(queryOf("State of each gateway"))).toHaveLength(3);
  const latencies = await prometheus.untilData(queryOf("Probe latency, p50"));
  expect(latencies.map(({ metric }) => metric["gateway_name"]).sort()).toEqual(["lte", "norway", "sweden"]);
});

test("shares follow the weights in each pool, and the tier in use is shown", async () => {
  const share = await valuesBy("gateway_name", queryOf("Share of each gateway", "vpn"));
  expect(Math.abs(share["sweden"]! - 2 / 3)).toBeLessThan(0.01);
  expect(Math.abs(share["norway"]! - 1 / 3)).toBeLessThan(0.01);
  expect(share["lte"]).toBe(0);
  expect(await valuesBy("gateway_name", queryOf("Share of each gateway", "rest"))).toEqual({ norway: 1 });
  expect(await valuesBy("tier", queryOf("Tiers in use"))).toEqual({ "1": 1, "2": 0 });
});

test("both pools are healthy, and stay so while a gateway is drained, which is shown", async () => {
  expect(await valuesBy("pool", queryOf("Verdict"))).toEqual({ vpn: 2, rest: 2 });
  expect(await valuesBy("pool", queryOf("Drained"))).toEqual({ "": 0 });
  expect(await lab.run(["drain", "sweden"])).toMatchObject({ status: 0 });
  await prometheus.untilData(`${queryOf("Drained")} == 1`);
  await prometheus.untilData('gateway_share_ratio{pool="vpn"} == 1');
  expect(await valuesBy("pool", queryOf("Verdict"))).toEqual({ vpn: 2, rest: 2 });
  expect(await lab.run(["undrain", "sweden"])).toMatchObject({ status: 0 });
  await prometheus.untilData(`${queryOf("Drained")} == 0`);
});

test("a pool without a healthy gateway fires alone, with its name, and the gateway has its name as well", async () => {
  lab.gateway(NORWAY).becomes(refusing);
  const series = await prometheus.untilData('ALERTS{alertname="AllGatewaysDown"}');
  expect(series.map(({ metric }) => metric["pool"])).toEqual(["rest"]);
  expect(await valuesBy("pool", queryOf("Verdict"))).toEqual({ vpn: 1, rest: 0 });
  await prometheus.untilData('ALERTS{alertname="GatewayDown"}');
  const summaries = (await prometheus.alerts()).map(({ annotations }) => annotations["summary"]);
  expect(summaries).toContain(`No gateway of pool rest of ${INSTANCE} is healthy`);
  expect(summaries).toContain(`Gateway norway (${addressOf(NORWAY)}) is down`);
  lab.gateway(NORWAY).becomes(answering(200));
});

test("another tier in use is shown", async () => {
  for (const gateway of [SWEDEN, NORWAY]) lab.gateway(gateway).becomes(refusing);
  await prometheus.untilData('gateway_tier_in_use{pool="vpn", tier="2"} == 1');
  expect(await valuesBy("tier", queryOf("Tiers in use"))).toEqual({ "1": 0, "2": 1 });
  await prometheus.untilData(`gateway_share_ratio{pool="vpn", gateway_ip="${addressOf(LTE)}"} == 1`);
  const shares = await valuesBy("gateway_name", queryOf("Share of each gateway", "vpn"));
  expect(shares).toEqual({ sweden: 0, norway: 0, lte: 1 });
});

test("a rejected configuration file fires, and a pool that is gone leaves no series", async () => {
  const reload = (text: string) => {
    writeFileSync(String(daemon.flags["config"]), text);
    return lab.run(["reload"]);
  };
  expect(await reload(FILE.replace('name = "rest"', 'nam = "rest"'))).toMatchObject({ status: 3 });
  await prometheus.untilData('ALERTS{alertname="ConfigurationRejected"}');
  expect(await reload(FILE.slice(0, FILE.lastIndexOf("[[pool]]")))).toMatchObject({ status: 0 });
  await lab.until(
    "the series of the pool to end",
    () => prometheus.query('{pool="rest", __name__!="ALERTS", __name__!="ALERTS_FOR_STATE"}'),
    (series) => series.length === 0,
  );
  expect(await prometheus.query('gateway_share_ratio{pool="vpn"}')).toHaveLength(3);
});
