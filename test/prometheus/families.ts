/**
 * A real Prometheus scrapes a service that routes both families through gateways with two addresses. Panels show each family
 * apart, and alerts name the one that they are about.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { address6Of, addressOf, answering, Lab, refusing } from "../e2e/lab/index.ts";
import { dashboardOf } from "../unit/cli/monitoring/printed.ts";
import { configure, ENDPOINT, filledIn, INSTANCE, print, Prometheus, queriesOf } from "./prometheus.ts";

setDefaultTimeout(120_000);

const NUMBERS = [1, 2, 3];
const FLAGS = {
  ...ENDPOINT,
  gateway: NUMBERS.map((number) => `vpn${number}=${addressOf(number)}+${address6Of(number)}`),
  route: ["default", "default6"],
  "check-period": "500ms",
  timeout: "500ms",
};

const board = dashboardOf(500);
const folder = mkdtempSync(join(tmpdir(), "grm-families-"));
let lab: Lab;
let prometheus: Prometheus;

beforeAll(async () => {
  lab = await Lab.open({ gateways: 3, ipv6: true });
  configure(folder, { scrapeConfig: print("scrape-config", FLAGS), alerts: print("alerts", FLAGS) });
  prometheus = await Prometheus.start(lab, folder);
  await lab.start(FLAGS).untilReady();
  for (const family of ["ipv4", "ipv6"]) {
    await prometheus.untilData(`default_route_gateways_count{family="${family}"} == 3`);
  }
});

afterAll(async () => {
  await prometheus.stop();
  lab.close();
  rmSync(folder, { recursive: true });
});

const queryOf = (title: string): string => filledIn(queriesOf(board).find(([one]) => one === title)![1]);

/** The value of a query, by one of its labels. */
async function valuesBy(label: string, expr: string): Promise<Record<string, number>> {
  const series = await prometheus.query(expr);
  return Object.fromEntries(series.map(({ metric, value }) => [metric[label] ?? "", Number(value[1])]));
}

test("both families are healthy, each for itself, and stay so while a gateway is drained in both", async () => {
  expect(await valuesBy("family", queryOf("Verdict"))).toEqual({ ipv4: 2, ipv6: 2 });
  expect(await lab.run(["drain", "vpn3"])).toMatchObject({ status: 0 });
  for (const family of ["ipv4", "ipv6"]) {
    await prometheus.untilData(`default_route_gateways_count{family="${family}"} == 2`);
  }
  await prometheus.untilData(`${queryOf("Drained")} == 2`);
  expect(await valuesBy("family", queryOf("Verdict"))).toEqual({ ipv4: 2, ipv6: 2 });
  expect(await lab.run(["undrain", "vpn3"])).toMatchObject({ status: 0 });
  await prometheus.untilData('default_route_gateways_count{family="ipv6"} == 3');
});

test("legends tell the two addresses of a gateway apart", async () => {
  const names = await valuesBy("gateway_name", queryOf("State of each gateway"));
  expect(Object.keys(names).sort()).toEqual(NUMBERS.flatMap((number) => [`vpn${number}`, `vpn${number} (IPv6)`]));
  const shares = await valuesBy("gateway_name", queryOf("Share of each gateway"));
  expect(Object.keys(shares)).toHaveLength(6);
});

test("a family without a healthy gateway fires alone, with its name", async () => {
  for (const number of NUMBERS) lab.gateway6(number).becomes(refusing);
  const series = await prometheus.untilData('ALERTS{alertname="AllGatewaysDown"}');
  expect(series.map(({ metric }) => metric["family"])).toEqual(["ipv6"]);
  // The gateways are down one scrape before the routes are.
  await lab.until(
    "the verdict of each family",
    () => valuesBy("family", queryOf("Verdict")),
    (verdicts) => Bun.deepEquals(verdicts, { ipv4: 2, ipv6: 0 }),
  );
  const summaries = (await prometheus.alerts()).map(({ annotations }) => annotations["summary"]);
  expect(summaries).toContain(`No gateway of ${INSTANCE} is healthy in IPv6`);
  for (const number of NUMBERS) lab.gateway6(number).becomes(answering(200));
  await prometheus.untilData('gateway_active_count{family="ipv6"} == 3');
});

/** Panels that have something to show without several tiers, probes beyond the gateways, a DNS name and hooks. */
const SILENT =
  /^(Tiers|Failed probes|Loss|Latency through|Failed rounds|Targets|Records|Public|Updates|Failures at|Duration of updates|Failed look-ups|Changes of public|Hooks|Routers|Differences)/;

test.each(queriesOf(board).filter(([title]) => !SILENT.test(title)))("has data for %s: %s", async (_, expr) => {
  await prometheus.untilData(filledIn(expr));
});
