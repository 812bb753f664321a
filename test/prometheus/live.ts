/**
 * A real Prometheus scrapes the executable with the configuration that it prints, while gateways, the kernel and the DNS
 * provider fail in turn. Every query of the dashboard and of the alerts must have data then.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  addressOf,
  answering,
  type Daemon,
  DdnsLab,
  Lab,
  PREFERENCE,
  refusing,
  ROUTER,
  slow,
  reporting,
  UPSTREAM,
} from "../e2e/lab/index.ts";
import { Exits, SERVICE } from "../e2e/lab/exits.ts";
import { KEY_DECLINED } from "../fakes/dynu-faults.ts";
import { dashboardOf, partsOf, rulesOf } from "../unit/cli/monitoring/printed.ts";
import { configure, ENDPOINT, filledIn, INSTANCE, print, Prometheus, queriesOf } from "./prometheus.ts";

setDefaultTimeout(120_000);

const PASSWORD = "p4ss-word";
const FLAGS = {
  ...ENDPOINT,
  timeout: "500ms",
  "check-period": "500ms",
  "min-healthy": "1",
  gateway: `sweden=${addressOf(1)}`,
  "on-change": "/bin/false",
  through: "icmp:1.1.1.1,9.9.9.9",
  "through-period": "1s",
  "through-timeout": "500ms",
  "exit-check": `http://${SERVICE}/`,
  "exit-check-period": "1s",
  "ddns-verify": SERVICE, // where no name server answers
  "ddns-require-ip-address": ROUTER,
  "hash-seed": "173",
};
const TIMEOUT = 500;
const rules = rulesOf(TIMEOUT);

/** The alert about configuration files: test/prometheus/pools.ts has one. */
const OF_FILES = ["ConfigurationRejected"];
/** Those about two routers: test/prometheus/alert-cases.ts has them. */
const OF_PAIRS = ["GatewayRouteManagerPairDiffers", "GatewayRouteManagerPairOnDuty"];

const folder = mkdtempSync(join(tmpdir(), "grm-prometheus-"));
const passwordFile = join(folder, "gateway-route-manager.password");
let lab: Lab;
let ddns: DdnsLab;
let daemon: Daemon;
let ip: ReturnType<Lab["fakeIp"]>;
let prometheus: Prometheus;

const secrets = { GRM_HTTP_PASSWORD_FILE: passwordFile };

beforeAll(async () => {
  const scrapeConfig = print("scrape-config", FLAGS, secrets);
  configure(folder, { scrapeConfig, alerts: print("alerts", FLAGS), password: `${PASSWORD}\n` });
  lab = await Lab.open();
  lab.router.tune({ "ipv4/ping_group_range": "0 2147483647" });
  ddns = await DdnsLab.open(lab);
  ip = lab.fakeIp('[ -e "$0.on" ] && exit 1\nexec "$IP" "$@"');
  ddns.service(3).becomes(refusing);
  prometheus = await Prometheus.start(lab, folder);
  daemon = ddns.start(FLAGS, { env: { ...ip.env, ...secrets } });
});

afterAll(async () => {
  await prometheus.stop();
  lab.close();
  rmSync(folder, { recursive: true });
});

const state = (gateway: number): string => `gateway_up{gateway_ip="${addressOf(gateway)}"}`;

/** Waits until an alert is pending or firing. */
async function untilAlert(name: string, timeoutMs?: number): Promise<void> {
  await prometheus.untilData(`ALERTS{alertname="${name}"}`, timeoutMs);
}

/** Gives all gateways one behaviour, and waits until Prometheus has seen them go up or down. */
async function all(behaviour: typeof refusing, up: 0 | 1): Promise<void> {
  for (const gateway of lab.gateways) gateway.becomes(behaviour);
  await prometheus.untilData(`gateway_active_count == ${3 * up}`);
}

test("the printed configuration passes promtool", () => {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["promtool", "check", "config", "prometheus.yml"], {
    cwd: folder,
  });
  expect(`${stdout}${stderr}`).toContain("SUCCESS");
  expect(exitCode).toBe(0);
});

test("GatewayRouteManagerAbsent fires without a target", async () => {
  const before = Date.now() / 1000 - 3600;
  const { expr } = rules.find(({ alert }) => alert === "GatewayRouteManagerAbsent")!;
  expect(await prometheus.query(expr, before)).toHaveLength(1);
});

describe("Prometheus sees", () => {
  test("the service, with its password", async () => {
    await prometheus.untilData(`up{job="gateway-route-manager", instance="${INSTANCE}"} == 1`);
    await prometheus.untilData("gateway_active_count == 3");
    await ddns.untilResolves([1, 2]);
  });

  test("a public address that cannot be determined, and one that changes", async () => {
    await untilAlert("PublicAddressUnknown");
    ddns.service(1).becomes(reporting("1.0.0.77"));
    await prometheus.untilData("public_ip_changes_total == 1");
  });

  test("a flapping gateway", async () => {
    for (let flaps = 1; flaps <= 7; flaps++) {
      lab.gateway(2).becomes(refusing);
      await prometheus.untilData(`${state(2)} == 0`);
      if (flaps === 1) await untilAlert("GatewayDown");
      lab.gateway(2).becomes(answering(200));
      await prometheus.untilData(`${state(2)} == 1`);
    }
    await untilAlert("GatewayFlaps");
  });

  test("a slow gateway, and one with failed responses", async () => {
    lab.gateway(1).becomes(slow(400));
    lab.gateway(2).becomes(answering(503));
    await untilAlert("GatewaySlow");
    await prometheus.untilData('probe_failures_total{reason="status"}');
  });

  test("a gateway that leaks, and then does not any more", async () => {
    const exits = await Exits.open(lab);
    await prometheus.untilData("sum(exit_checks_total{status='success'}) >= 4");
    await exits.startLeak(2);
    await untilAlert("GatewayLeaks");
    await exits.endLeak(2);
    await prometheus.untilData("sum(gateway_leaking) == 0");
  });

  test("a drained gateway", async () => {
    expect(await lab.run(["drain", addressOf(2)])).toMatchObject({ status: 0 });
    await untilAlert("GatewayDrained");
    expect(await lab.run(["undrain", addressOf(2)])).toMatchObject({ status: 0 });
  });

  test("a target that no gateway reaches, and then lost packets", async () => {
    const silence = async (network: string): Promise<void> => {
      await Promise.all(lab.gatewaySpaces.map((space) => space.batch([`route del local ${network} dev lo`])));
      await Promise.all(lab.gatewaySpaces.map((space) => space.batch([`route add blackhole ${network}`])));
    };
    const restore = async (network: string): Promise<void> => {
      await Promise.all(lab.gatewaySpaces.map((space) => space.batch([`route del blackhole ${network}`])));
      await Promise.all(lab.gatewaySpaces.map((space) => space.batch([`route add local ${network} dev lo`])));
    };
    await silence("9.0.0.0/8");
    await untilAlert("TargetAtFault");
    await silence("1.0.0.0/8");
    await untilAlert("GatewayLosesPackets");
    for (const network of ["1.0.0.0/8", "9.0.0.0/8"]) await restore(network);
  });

  test("lost notifications", async () => {
    await untilAlert("NotificationsLost");
  });

  test("all gateways down, one of them kept in use", async () => {
    await all(refusing, 0);
    await untilAlert("AllGatewaysDown");
    await untilAlert("GatewaysKept");
    await untilAlert("GatewaysFailTogether");
    await all(answering(200), 1);
    await lab.untilRouted([1, 2, 3]);
  });

  test("a rule that another program deletes repeatedly", async () => {
    const deleteRule = () =>
      lab.router.ip("rule", "delete", "preference", String(PREFERENCE)).catch(() => "gone already");
    await lab.until(
      "a conflict",
      async () => {
        await deleteRule();
        return prometheus.query('ALERTS{alertname="RoutesContested"}');
      },
      (series) => series.length > 0,
    );
    await untilAlert("RoutesMeddledWith");
    await lab.untilRule();
  });

  test("a rule of another program that keeps all packets from the gateways", async () => {
    const rule = ["preference", String(PREFERENCE - 1), "lookup", "51820"];
    await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "51820");
    await lab.router.ip("rule", "add", ...rule);
    await untilAlert("TrafficDiverted");
    await lab.router.ip("rule", "delete", ...rule);
  });

  test("a failing ip command, which keeps a returned gateway out of use", async () => {
    lab.gateway(2).becomes(refusing);
    await lab.untilRouted([1, 3]);
    await prometheus.untilData("default_route_gateways_count == 2"); // the service has read it back, too
    ip.turnOn();
    lab.gateway(2).becomes(answering(200));
    await untilAlert("IpCommandFails");
    await untilAlert("GatewaysUnused");
    ip.turnOff();
    await lab.untilRouted([1, 2, 3]);
  });

  test("a DNS provider that declines the key", async () => {
    ddns.dynu.fail(KEY_DECLINED, { times: Infinity });
    ddns.service(3).becomes(reporting("1.0.0.3"));
    await untilAlert("DdnsNeedsYou", 90_000); // a key that has worked is tried again for about 30 s
  });
});

const board = dashboardOf(TIMEOUT);

/** Panels that need a pool of several tiers: test/prometheus/pools.ts has one. */
const OF_TIERS = ["Tiers in use"];

describe("the dashboard", () => {
  test("is printed as JSON", () => {
    expect(JSON.parse(print("dashboard", FLAGS))).toEqual(board as object);
  });

  test.each(queriesOf(board).filter(([title]) => !OF_TIERS.includes(title)))("has data for %s: %s", async (_, expr) => {
    await prometheus.untilData(filledIn(expr));
  });

  test.each(board.annotations.list.map(({ name, expr }) => [name, expr]))("has data for %s: %s", async (_, expr) => {
    const [series] = await prometheus.untilData(filledIn(expr));
    expect(Math.abs(Number(series!.value[1]) - Date.now())).toBeLessThan(600_000);
  });

  test("has this router and its gateways as values of its variables", async () => {
    const offered = board.templating.list.flatMap(({ name, definition }) => {
      const [, series, label] = /^label_values\((.*), (\w+)\)$/.exec(definition ?? "") ?? [];
      return series === undefined ? [] : [[name, prometheus.labelValues(label!, filledIn(series))] as const];
    });
    const values = await Promise.all(offered.map(async ([name, found]) => [name, await found]));
    expect(values).toEqual([
      ["instance", [INSTANCE]],
      ["pool", []],
      ["gateway", [1, 2, 3].map(addressOf)],
    ]);
  });
});

describe("the alerts", () => {
  const watched = rules.filter(({ alert }) => ![...OF_FILES, "GatewayRouteManagerAbsent"].includes(alert));

  test.each(watched.map((rule) => [rule.alert, partsOf(rule).watch]))(
    "%s watches a query with data: %s",
    async (_, watch) => {
      await prometheus.untilData(watch);
    },
  );

  test("include GatewayRouteManagerDown when the service has stopped", async () => {
    await daemon.stop();
    await untilAlert("GatewayRouteManagerDown");
  });

  test("are all evaluated without an error", async () => {
    const evaluated = await lab.until(
      "every rule to be evaluated",
      () => prometheus.rules(),
      (all) => all.every(({ health }) => health !== "unknown"),
    );
    expect(evaluated.map(({ name }) => name)).toEqual(rules.map(({ alert }) => alert));
    expect(evaluated.map(({ lastError = "" }) => lastError).filter(Boolean)).toEqual([]);
  });

  test("have been pending or firing, except for those that take minutes or hours", async () => {
    const fired = await prometheus.query("count by (alertname) (count_over_time(ALERTS[1h]))");
    const names = new Set(fired.map(({ metric }) => metric["alertname"]!));
    const slow = [
      "GatewayRouteManagerAbsent",
      "GatewayRouteManagerRestarts",
      "RoutesNotRight",
      "DdnsNotVerified",
      "DdnsNotShown",
    ];
    const others = [...slow, ...OF_FILES, ...OF_PAIRS];
    const silent = rules.map(({ alert }) => alert).filter((alert) => !names.has(alert) && !others.includes(alert));
    expect(silent).toEqual([]);
  });
});

test("the password is in no output", () => {
  const outputs = [
    daemon.log.tail(),
    print("scrape-config", FLAGS, secrets),
    readFileSync(join(folder, "prometheus.yml"), "utf8"),
  ];
  for (const text of outputs) expect(text).not.toContain(PASSWORD);
});
