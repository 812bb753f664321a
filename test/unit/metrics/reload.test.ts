import { expect, test } from "bun:test";

import { parseConfigFile } from "../../../src/config/file/config-of-file.ts";
import type { Config } from "../../../src/config/model.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import type { ServiceEvent } from "../../../src/events/events.ts";
import type { ObservedRule } from "../../../src/routing/types.ts";
import { ALL_DIVERTED } from "../../fixtures/diversions.ts";
import { observed, route, RULE } from "../status/model.fixture.ts";
import { twoPools } from "../../fixtures/two-pools.ts";

function configOf(...pools: readonly string[]): Config {
  const members = pools.map((name, index) => `[[pool]]\nname = "${name}"\nfrom = ["10.${index}.0.0/16"]\n`);
  const text = `[[gateway]]\naddress = "10.0.0.1"\n${pools.includes("more") ? '[[gateway]]\naddress = "10.0.0.2"\n' : ""}`;
  const parsed = parseConfigFile(
    { path: "c.toml", text: `${text}${members.join("")}` },
    {},
    { environment: {}, readFile: () => "" },
  );
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

test("a reload keeps the series of what stays, adds those of what is new, and removes those of what is gone", async () => {
  const metrics = createMetrics(configOf("a", "more"));
  const value = async (series: string): Promise<string | undefined> =>
    (await metrics.registry.metrics())
      .split("\n")
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1);
  metrics.record({
    type: "gateway",
    gateway: "10.0.0.1",
    before: "up",
    status: "down",
    detail: "",
    up: 0,
    down: 1,
    total: 1,
  });
  metrics.record({ type: "drained", gateway: "10.0.0.1", drained: true });
  metrics.record({ type: "selection", held: [], kept: ["10.0.0.1"], shortage: undefined, pool: "a" });
  await metrics.reload(configOf("a", "other"));
  expect(await value('gateway_flaps_total{gateway_ip="10.0.0.1"}')).toBe("1");
  expect(await value('gateway_drained{gateway_ip="10.0.0.1"}')).toBe("1");
  expect(await value('gateways_kept_count{pool="a"}')).toBe("1");
  expect(await value('gateways_kept_count{pool="other"}')).toBe("0");
  const text = await metrics.registry.metrics();
  expect(text).not.toContain('pool="more"');
  expect(text).not.toContain('gateway_ip="10.0.0.2"');
});

/** Two pools with the gateways that they have in common, and the DNS names of some of them. */
function configNamed(...pools: readonly string[]): Config {
  const both = { a: member("a"), b: `${member("a")}, ${member("b")}` };
  const names = pools.map(
    (pool) =>
      `[[ddns]]\npool = "${pool}"\nprovider = "dynudns"\nhostname = "${pool}.example.com"\npassword-file = "/key"\n`,
  );
  return configWith(both, names.join(""));
}

const ALL_STATES = ["inactive", "unknown", "known", "kept"];

test("a name that a pool gets has series at once, and one that it loses leaves none, while the others count on", async () => {
  const metrics = createMetrics(configNamed("b"));
  const result = { kind: "success", seconds: 1, address: "1.0.0.1" } as const;
  const lookUp = (gateway: string) => metrics.record({ type: "public-ip", gateway, result });
  const poolsIn = async (name: string): Promise<string[]> => {
    const series = await seriesOf(metrics, name);
    return [...new Set(series.map((line) => /pool="(\w+)"/.exec(line)?.[1] ?? "none"))].sort();
  };
  for (const gateway of ["10.0.0.1", "10.0.0.2", "10.0.0.3"]) lookUp(gateway);
  metrics.record({ type: "public-ip-count", count: 2, pool: "b" });
  metrics.record({ type: "ddns-skipped", reason: "no_change", pool: "b" });

  await metrics.reload(configNamed("b", "a"));
  expect(await poolsIn("ddns_errors_total")).toEqual(["a", "b"]);
  expect(await poolsIn("gateway_public_ip_state")).toEqual(["a", "b"]);
  metrics.record({ type: "public-ip-count", count: 1, pool: "a" });
  expect(await seriesOf(metrics, "ddns_updates_skipped_total")).toContain(
    'ddns_updates_skipped_total{provider="DynuDNS",reason="no_change",pool="b"} 1',
  );
  lookUp("10.0.0.1");
  expect(await seriesOf(metrics, "public_ip_fetch_total")).toEqual([
    'public_ip_fetch_total{gateway_ip="10.0.0.1",status="success"} 2',
    'public_ip_fetch_total{gateway_ip="10.0.0.1",status="failure"} 0',
    'public_ip_fetch_total{gateway_ip="10.0.0.2",status="success"} 1',
    'public_ip_fetch_total{gateway_ip="10.0.0.2",status="failure"} 0',
  ]);

  await metrics.reload(configNamed("a"));
  for (const name of ["ddns_errors_total", "ddns_updates_total", "ddns_last_verified_time_seconds"]) {
    expect([name, await poolsIn(name)]).toEqual([name, ["a"]]);
  }
  expect(await seriesOf(metrics, "gateway_public_ip_state")).toHaveLength(ALL_STATES.length);
  expect(await seriesOf(metrics, "unique_public_ips_count")).toEqual([
    'unique_public_ips_count{pool="a"} 1',
    'unique_public_ips_count{pool="b"} 0',
  ]);
  expect(await seriesOf(metrics, "public_ip_fetch_total")).toHaveLength(2);
});

test("whether the file was taken is shown where there is a file, and nowhere else", async () => {
  const metrics = createMetrics(configOf("a"));
  const line = async (): Promise<string | undefined> =>
    (await metrics.registry.metrics()).split("\n").find((one) => one.startsWith("config_last_reload_successful "));
  expect(await line()).toEndWith(" 1");
  metrics.record({ type: "reload", problems: ["x"] });
  expect(await line()).toEndWith(" 0");
  metrics.record({ type: "reload", problems: [] });
  expect(await line()).toEndWith(" 1");
  const flags = createMetrics(twoPools({ "start-ip": "10.0.0.1", "end-ip": "10.0.0.1" }));
  expect(await flags.registry.metrics()).not.toContain("config_last_reload");
});

/** The pools of a file with the gateways a, b and c, by the lines of their members. @param more further tables */
function configWith(pools: Readonly<Record<string, string>>, more = ""): Config {
  const gateways = ["a", "b", "c"].map(
    (name, index) => `[[gateway]]\nname = "${name}"\naddress = "10.0.0.${index + 1}"\n`,
  );
  const made = Object.entries(pools).map(([name, members], index) => {
    const from = index === 0 ? "" : `from = ["10.${index}.0.0/16"]\n`;
    return `[[pool]]\nname = "${name}"\n${from}members = [${members}]\n`;
  });
  const parsed = parseConfigFile(
    { path: "c.toml", text: [...gateways, ...made, more].join("") },
    {},
    { environment: {}, readFile: () => "key" },
  );
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

const member = (gateway: string, more = ""): string => `{ gateway = "${gateway}"${more} }`;

/** The series of a metric, as label and value. */
async function seriesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.registry.metrics();
  return text.split("\n").filter((line) => line.startsWith(`${name}{`));
}

test("a gateway that leaves one of its pools loses the series of that pool alone", async () => {
  const both = `${member("a")}, ${member("b")}`;
  const metrics = createMetrics(configWith({ vpn: both, rest: both }));
  await metrics.reload(configWith({ vpn: member("a"), rest: both }));
  expect(await seriesOf(metrics, "gateway_share_ratio")).toEqual([
    'gateway_share_ratio{gateway_ip="10.0.0.1",pool="vpn"} 0',
    'gateway_share_ratio{gateway_ip="10.0.0.1",pool="rest"} 0',
    'gateway_share_ratio{gateway_ip="10.0.0.2",pool="rest"} 0',
  ]);
});

test("weights and tiers that a pool gets are shown, and are gone with the last difference", async () => {
  const [first, second] = [member("a", ", weight = 3"), member("b", ", tier = 2")];
  const metrics = createMetrics(configWith({ vpn: `${member("a")}, ${member("b")}` }));
  await metrics.reload(configWith({ vpn: `${first}, ${second}` }));
  expect(await seriesOf(metrics, "gateway_weight")).toHaveLength(2);
  expect(await seriesOf(metrics, "gateway_tier")).toHaveLength(2);
  await metrics.reload(configWith({ vpn: `${first}, ${member("b")}` }));
  expect(await seriesOf(metrics, "gateway_weight")).toHaveLength(2);
  expect(await seriesOf(metrics, "gateway_tier")).toEqual([]);
  await metrics.reload(configWith({ vpn: `${member("a")}, ${member("b")}` }));
  expect(await seriesOf(metrics, "gateway_weight")).toEqual([]);
});

test("shares stay as the kernel had them, and so does what diverts all packets", async () => {
  const config = configWith({ vpn: `${member("a")}, ${member("b")}` });
  const changed = configWith({ vpn: `${member("a")}, ${member("b")}, ${member("c")}` });
  const [{ name, table, preference }] = config.pools;
  const metrics = createMetrics(config);
  const nexthops = [{ gateway: "10.0.0.2", weight: 1, device: "gw0" }];
  const read = {
    ...observed([route(nexthops, { table })], [{ ...RULE, table, preference } as ObservedRule]),
    pool: name,
  } as ServiceEvent;
  const shares = async (): Promise<number[]> =>
    (await seriesOf(metrics, "gateway_share_ratio")).map((line) => Number(line.split(" ")[1]));
  metrics.record(read);
  await metrics.reload(changed);
  expect(await shares()).toEqual([0, 1, 0]);
  metrics.record({ type: "preceded", diversions: [ALL_DIVERTED], pool: name! });
  await metrics.reload(config);
  expect(await shares()).toEqual([0, 0]);
  metrics.record(read);
  expect(await shares()).toEqual([0, 0]);
});
