/** The HTTP endpoint: metrics with the names that dashboards use, /readyz and /healthz. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { EARLIER_METRICS } from "../fixtures/earlier-metrics.ts";
import { addressOf, answering, hanging, openDdnsLab, openLab, refusing, ROUTER } from "./lab/index.ts";

setDefaultTimeout(60_000);

const table: [name: string, type: string, labels: string[]][] = [
  ...EARLIER_METRICS.map(([name, type, labels]): [string, string, string[]] => [name, type, [...labels].sort()]),
  ["gateway_up", "gauge", ["gateway_ip"]],
  ["gateway_flaps_total", "counter", ["gateway_ip"]],
  ["routing_drift_repairs_total", "counter", ["object"]],
  ["routing_last_verified_time_seconds", "gauge", []],
  ["gateways_refused_count", "gauge", []],
  ["routing_conflicts_total", "counter", []],
  ["ip_commands_total", "counter", ["status"]],
  ["gateway_public_ip_state", "gauge", ["gateway_ip", "state"]],
  ["ddns_errors_total", "counter", ["kind", "provider"]],
  ["ddns_last_verified_time_seconds", "gauge", ["provider"]],
];

test("every documented metric is exposed with its name, type and labels", async () => {
  const { lab, ddns } = await openDdnsLab();
  lab.gateway(3).becomes(answering(503));
  const daemon = ddns.start();
  await daemon.untilReady();
  await ddns.untilReadBack([1, 2]);
  const metrics = await daemon.untilMetrics("two rounds", (it) => it.value("check_cycles_total") >= 2);
  for (const [name, type, labels] of table) {
    const sample = metrics.all(type === "histogram" ? `${name}_count` : name)[0];
    const seen = { name, type: metrics.types.get(name), labels: Object.keys(sample?.labels ?? { none: "" }).sort() };
    expect(seen).toEqual({ name, type, labels });
  }
  const buckets = metrics.all("check_cycle_duration_seconds_bucket").map(({ labels }) => labels["le"]);
  expect(buckets.join(" ")).toBe("0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10 +Inf");
});

test("metrics count probes, failures, errors and route updates of healthy and failing gateways", async () => {
  const lab = await openLab();
  lab.gateway(2).becomes(answering(503));
  lab.gateway(3).becomes(refusing);
  const daemon = lab.start({ "check-period": "300ms", timeout: "200ms", path: "/health" });
  await daemon.untilReady();
  const answers = { gateway_ip: addressOf(2), status_code: "503", method: "GET" };
  const metrics = await daemon.untilMetrics("three failures of each", (it) => {
    const inRow = it.all("consecutive_failures_count", { gateway_ip: addressOf(3) })[0]!.value;
    return inRow >= 3 && (it.all("http_requests_total", answers)[0]?.value ?? 0) >= 3;
  });
  expect(metrics.value("gateway_total_count")).toBe(3);
  expect(metrics.value("gateway_active_count")).toBe(1);
  const up = [1, 2, 3].map((number) => metrics.all("gateway_up", { gateway_ip: addressOf(number) })[0]?.value);
  expect(up).toEqual([1, 0, 0]);
  expect(metrics.value("routing_last_verified_time_seconds")).toBeGreaterThan(Date.now() / 1000 - 60);
  expect(metrics.value("default_route_gateways_count")).toBe(1);
  expect(metrics.value("consecutive_failures_count", { gateway_ip: addressOf(1) })).toBe(0);
  expect(
    metrics.value("gateway_health_check_total", { gateway_ip: addressOf(3), status: "failure" }),
  ).toBeGreaterThanOrEqual(3);
  expect(metrics.value("errors_total", { type: "invalid_response" })).toBeGreaterThanOrEqual(3);
  expect(metrics.value("errors_total", { type: "network_error" })).toBeGreaterThanOrEqual(3);
  expect(metrics.value("route_updates_total", { status: "success" })).toBeGreaterThanOrEqual(1);
  const configuration = { check_period: "300ms", timeout: "200ms", port: "9999", scheme: "http", path: "/health" };
  expect(metrics.value("configuration_info", configuration)).toBe(1);
  expect(metrics.value("application_start_time_seconds")).toBeGreaterThan(Date.now() / 1000 - 60);
});

test("/readyz answers 503 until the first round of probes has ended, and /healthz answers 200", async () => {
  const lab = await openLab();
  lab.gateway(2).becomes(hanging);
  const daemon = lab.start({ "check-period": "3s", timeout: "3s" });
  const early = await lab.until(
    "an answer",
    () => daemon.get("/readyz"),
    () => true,
  );
  expect(early.status).toBe(503);
  expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
  await daemon.untilReady();
  await lab.untilRouted([1, 3]);
  expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
});

test("/readyz answers 503 while the kernel's routes differ from the wanted ones, and /healthz answers 200", async () => {
  const lab = await openLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && exit 1\nexec "$IP" "$@"');
  const daemon = lab.start({}, { env: ip.env });
  await daemon.untilReady();
  ip.turnOn();
  await lab.router.ip("route", "flush", "table", "180");
  await lab.until(
    "/readyz to answer 503",
    () => daemon.get("/readyz"),
    ({ status }) => status === 503,
  );
  expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
  ip.turnOff();
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
});

test("the HTTP server listens on all addresses, or only on that of -metrics-address", async () => {
  const lab = await openLab();
  const first = lab.start();
  await first.untilReady();
  expect(await first.get("/healthz", ROUTER)).toMatchObject({ status: 200 });
  await first.stop();
  const second = lab.start({ "metrics-address": "127.0.0.1" });
  await second.untilReady();
  await expect(second.get("/healthz", ROUTER)).rejects.toMatchObject({ code: "ECONNREFUSED" });
});
