import { describe, expect, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import { configOf } from "../config/file/file.fixture.ts";

const GATEWAY = '[[gateway]]\naddress = "10.0.0.1"\n';

const nameOf = (provider: string, hostname: string): string =>
  `[[ddns]]\nprovider = "${provider}"\nhostname = "${hostname}"\npassword-file = "/key"\n`;

const ofNames = (...names: readonly string[]) =>
  configOf(`${GATEWAY}${names.join("")}`, { secrets: { "/key": "hunter2" } });

const ONE = nameOf("dynudns", "a.example");
const OTHER = nameOf("desec", "b.example");

/** The series of a metric, as labels and values. */
async function seriesOf({ registry }: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const lines = (await registry.metrics()).split("\n");
  return lines.filter((line) => line.startsWith(`${name}{`)).map((line) => line.slice(name.length));
}

const verified = (dnsName: string): ServiceEvent => {
  return { type: "ddns-update", seconds: 1, changes: [], error: undefined, dnsName };
};

test("where a pool has several DNS names, what happens to each is counted with its hostname", async () => {
  const metrics = createMetrics(ofNames(ONE, OTHER));
  metrics.record(verified("b.example desec"));
  expect(await seriesOf(metrics, "ddns_updates_total")).toEqual([
    '{provider="DynuDNS",status="success",hostname="a.example"} 0',
    '{provider="DynuDNS",status="failure",hostname="a.example"} 0',
    '{provider="deSEC",status="success",hostname="b.example"} 1',
    '{provider="deSEC",status="failure",hostname="b.example"} 0',
  ]);
});

test("a name that a reload takes away loses its series, and the others keep theirs", async () => {
  const metrics = createMetrics(ofNames(ONE, OTHER, nameOf("desec", "c.example")));
  metrics.record(verified("b.example desec"));
  await metrics.reload(ofNames(OTHER, ONE));
  expect((await seriesOf(metrics, "ddns_updates_total")).toSorted()).toEqual([
    '{provider="DynuDNS",status="failure",hostname="a.example"} 0',
    '{provider="DynuDNS",status="success",hostname="a.example"} 0',
    '{provider="deSEC",status="failure",hostname="b.example"} 0',
    '{provider="deSEC",status="success",hostname="b.example"} 1',
  ]);
});

test("a pool with one name has no such label beside a pool with several", async () => {
  const pools = '[[pool]]\nname = "vpn"\nfrom = ["10.1.0.0/16"]\n[[pool]]\nname = "rest"\n';
  const ofPool = (pool: string, name: string): string => name.replace("[[ddns]]", `[[ddns]]\npool = "${pool}"`);
  const names = [ofPool("vpn", ONE), ofPool("rest", nameOf("dynudns", "c.example")), ofPool("rest", OTHER)];
  expect(await seriesOf(createMetrics(ofNames(pools, ...names)), "ddns_last_verified_time_seconds")).toEqual([
    '{provider="DynuDNS",pool="vpn"} 0',
    '{provider="DynuDNS",pool="rest",hostname="c.example"} 0',
    '{provider="deSEC",pool="rest",hostname="b.example"} 0',
  ]);
});

test("one of several names that alone has records of a family has the label there too, also after a reload", async () => {
  const text = `[[gateway]]
name = "both"
address = ["10.0.0.1", "fd00::1"]
[[gateway]]
name = "old"
address = "10.0.0.2"
[[pool]]
routes = ["default", "default6"]
${nameOf("dynudns", "a.example")}gateway = "old"
${OTHER}`;
  const config = configOf(text, { secrets: { "/key": "hunter2" } });
  const metrics = createMetrics(config);
  const expected = [
    '{provider="DynuDNS",family="ipv4",hostname="a.example"} 0',
    '{provider="deSEC",family="ipv4",hostname="b.example"} 0',
    '{provider="deSEC",family="ipv6",hostname="b.example"} 0',
  ];
  expect(await seriesOf(metrics, "ddns_last_verified_time_seconds")).toEqual(expected);
  await metrics.reload(config);
  expect(await seriesOf(metrics, "ddns_last_verified_time_seconds")).toEqual(expected);
});

describe("a name that follows a gateway without an address of a family from a reload on", () => {
  const inBoth = (...names: readonly string[]) =>
    configOf(
      `[[gateway]]
name = "both"
address = ["10.0.0.1", "fd00::1"]
[[gateway]]
name = "old"
address = "10.0.0.2"
[[pool]]
routes = ["default", "default6"]
${names.join("")}`,
      { secrets: { "/key": "hunter2" } },
    );
  const followsOld = `${ONE}gateway = "old"\n`;

  test("loses the series of that family, which nothing would renew", async () => {
    const metrics = createMetrics(inBoth(ONE, OTHER));
    await metrics.reload(inBoth(followsOld, OTHER));
    expect(await seriesOf(metrics, "ddns_last_verified_time_seconds")).toEqual([
      '{provider="DynuDNS",family="ipv4",hostname="a.example"} 0',
      '{provider="deSEC",family="ipv4",hostname="b.example"} 0',
      '{provider="deSEC",family="ipv6",hostname="b.example"} 0',
    ]);
  });

  test("leaves no public addresses of that family where no other name has any", async () => {
    const metrics = createMetrics(inBoth(ONE));
    metrics.record({ type: "public-ip-state", gateway: "fd00::1", state: "known", family: 6 });
    await metrics.reload(inBoth(followsOld));
    const states = (await seriesOf(metrics, "gateway_public_ip_state")).join();
    expect(states).toContain("10.0.0.1");
    expect(states).not.toContain("fd00::1");
    expect((await seriesOf(metrics, "public_ip_fetch_total")).join()).not.toContain("fd00::1");
  });
});

test("a name whose records servers are not asked for any more is not reported as not shown", async () => {
  const metrics = createMetrics(ofNames(`${ONE}verify = "authoritative"\n`));
  metrics.record({ type: "ddns-not-shown", seconds: 300, detail: "", dnsName: "a.example dynudns" } as ServiceEvent);
  expect(await seriesOf(metrics, "ddns_not_shown")).toEqual(['{provider="DynuDNS"} 1']);
  await metrics.reload(ofNames(ONE));
  expect(await seriesOf(metrics, "ddns_not_shown")).toEqual([]);
});

test("a single name has no such label", async () => {
  expect(await seriesOf(createMetrics(ofNames(ONE)), "ddns_last_verified_time_seconds")).toEqual([
    '{provider="DynuDNS"} 0',
  ]);
});

describe("a reload that begins or ends that a pool has several names", () => {
  const at = (dnsName: string): ServiceEvent[] => [
    { type: "ddns-update", seconds: 1, changes: [], error: undefined, dnsName } as ServiceEvent,
    { type: "ddns-verified", addresses: [], retained: [], dnsName } as ServiceEvent,
  ];

  test("leaves all metrics of other things as they are", async () => {
    const metrics = createMetrics(ofNames(ONE));
    metrics.record({ type: "public-ip-count", count: 2 });
    metrics.record({ type: "public-ip-state", gateway: "10.0.0.1", state: "known" });
    const known = '{gateway_ip="10.0.0.1",state="known"} 1';
    for (const config of [ofNames(ONE, OTHER), ofNames(OTHER)]) {
      await metrics.reload(config);
      expect(await seriesOf(metrics, "gateway_public_ip_state")).toContain(known);
      expect(await metrics.registry.metrics()).toContain("\nunique_public_ips_count 2\n");
    }
  });

  test("keeps when the records of each name were last correct", async () => {
    const metrics = createMetrics(ofNames(ONE));
    at("a.example dynudns").forEach(metrics.record);
    const timeOf = async (labels: string): Promise<number> => {
      const found = (await seriesOf(metrics, "ddns_last_verified_time_seconds")).find((one) => one.startsWith(labels));
      return Number(found?.slice(labels.length));
    };
    const before = await timeOf('{provider="DynuDNS"} ');
    expect(before).toBeGreaterThan(0);
    await metrics.reload(ofNames(ONE, OTHER));
    expect(await timeOf('{provider="DynuDNS",hostname="a.example"} ')).toBe(before);
    expect(await timeOf('{provider="deSEC",hostname="b.example"} ')).toBe(0);
    await metrics.reload(ofNames(ONE));
    expect(await timeOf('{provider="DynuDNS"} ')).toBe(before);
    expect(await seriesOf(metrics, "ddns_last_verified_time_seconds")).toHaveLength(1);
  });
});
