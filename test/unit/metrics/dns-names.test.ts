import { expect, test } from "bun:test";

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

test("a single name has no such label", async () => {
  expect(await seriesOf(createMetrics(ofNames(ONE)), "ddns_last_verified_time_seconds")).toEqual([
    '{provider="DynuDNS"} 0',
  ]);
});
