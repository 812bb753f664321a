/** The dashboard with one gateway and with a hundred: panels about each gateway have a series for each. */
import { expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openLab } from "../e2e/lab/index.ts";
import { dashboardOf } from "../unit/cli/monitoring/printed.ts";
import { configure, ENDPOINT, filledIn, print, Prometheus, queriesOf } from "./prometheus.ts";

setDefaultTimeout(120_000);

/** Panels that have a series for each gateway from the start. */
const EACH = [
  "State of each gateway",
  "Gateways now",
  "Probe latency, p50",
  "Probe latency, p95",
  "Share of each gateway",
];

test.each([1, 100])("the dashboard has data for %i gateways, and no alert fires", async (gateways) => {
  const folder = mkdtempSync(join(tmpdir(), "grm-sizes-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  configure(folder, { scrapeConfig: print("scrape-config", ENDPOINT), alerts: print("alerts", {}) });
  const lab = await openLab({ gateways, shared: true });
  const prometheus = await Prometheus.start(lab, folder);
  onTestFinished(() => prometheus.stop());
  lab.start({ ...ENDPOINT, "check-period": "2s", timeout: "2s" });

  const perGateway = queriesOf(dashboardOf(2000)).filter(
    ([title, expr]) => EACH.includes(title) && !/^sum by \(gateway_ip, gateway_name\)/.test(expr), // no gateway has a name
  );
  expect(new Set(perGateway.map(([title]) => title)).size).toBe(EACH.length);
  for (const [, expr] of perGateway) {
    const series = await lab.until(
      `${gateways} series of ${expr}`,
      () => prometheus.query(filledIn(expr)),
      (found) => found.filter(({ value }) => value[1] !== "NaN").length === gateways,
    );
    expect(new Set(series.map(({ metric }) => metric["gateway_ip"])).size).toBe(gateways);
  }
  const [verdict] = queriesOf(dashboardOf(2000)).filter(([title]) => title === "Verdict");
  await lab.until(
    "the verdict that all is well",
    () => prometheus.query(filledIn(verdict![1])),
    ([series]) => series?.value[1] === "2",
  );
  await lab.until(
    "no alert, once the start is over",
    () => prometheus.query('ALERTS{alertname!~"GatewayRouteManagerAbsent|RoutesNotRight"}'),
    (fired) => fired.length === 0,
  );
});
