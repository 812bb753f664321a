/** The records themselves: what is corrected, what is left alone, and what the metrics say of it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, answering, openDdnsLab, publicOf, reporting } from "./lab/index.ts";

setDefaultTimeout(60_000);

const PROVIDER = { provider: "DynuDNS" };

test("-ddns-record-ttl is used, and records with another one, or disabled, are corrected in place", async () => {
  const { ddns } = await openDdnsLab();
  const ids = [
    ddns.dynu.put({ content: publicOf(1), ttl: 3600 }).id,
    ddns.dynu.put({ content: publicOf(2), ttl: 120, state: false }).id,
  ];
  ddns.start({ "ddns-record-ttl": "2m" });
  await ddns.untilReadBack([1, 2, 3]);
  expect(ddns.own().map(({ ttl }) => ttl)).toEqual([120, 120, 120]);
  expect(ddns.own().map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  expect(ddns.writes()).toHaveLength(3);
});

test("the time to live of a record is 60 s by default", async () => {
  const { ddns } = await openDdnsLab();
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  expect(ddns.own().map(({ ttl }) => ttl)).toEqual([60, 60, 60]);
});

test("the name is found whatever the letter case, and surplus records are reused in place", async () => {
  const { ddns } = await openDdnsLab();
  const ids = ["8.0.0.1", "8.0.0.2", publicOf(3), publicOf(3)].map((content) => ddns.dynu.put({ content }).id);
  ddns.start({ "ddns-hostname": "Gw.Example.NET" });
  await ddns.untilReadBack([1, 2, 3]);
  expect(
    ddns
      .own()
      .map(({ id }) => id)
      .filter((id) => ids.includes(id)),
  ).toHaveLength(3);
  expect(ddns.writes().map(({ call }) => call)).toEqual(["change", "change", "remove"]);
});

test("records that are right already are read and not written", async () => {
  const { ddns } = await openDdnsLab();
  for (const number of [1, 2, 3]) ddns.dynu.put({ content: publicOf(number) });
  const daemon = ddns.start();
  const metrics = await daemon.untilMetrics("a check of the records", (it) => {
    return it.value("ddns_updates_skipped_total", { ...PROVIDER, reason: "no_change" }) >= 1;
  });
  expect(metrics.value("ddns_last_verified_time_seconds", PROVIDER)).toBeGreaterThan(Date.now() / 1000 - 60);
  expect(metrics.value("ddns_updates_total")).toBe(0);
  expect(ddns.writes()).toEqual([]);
});

test("what another program adds and deletes is corrected at the next update", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  ddns.dynu.take(ddns.own()[0]!.id);
  ddns.dynu.put({ content: "8.0.0.9" });
  ddns.dynu.put({ id: ddns.own()[0]!.id, content: "8.0.0.10", ttl: 5 });
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack([1, 2]);
  expect(ddns.own().map(({ ttl }) => ttl)).toEqual([60, 60]);
});

test("metrics and log report what happens to the name", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.service(2).becomes(answering(500));
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 3]);
  ddns.service(1).becomes(reporting("1.0.0.99"));
  await ddns.untilReadBack([3, "1.0.0.99"]);
  lab.gateway(3).becomes(answering(503));
  await ddns.untilReadBack(["1.0.0.99"]);

  const metrics = await daemon.untilMetrics("three updates", (it) => {
    return it.value("ddns_updates_total", { ...PROVIDER, status: "success" }) === 3;
  });
  expect(metrics.value("ddns_updates_total", { ...PROVIDER, status: "failure" })).toBe(0);
  expect(metrics.value("ddns_update_duration_seconds_count", PROVIDER)).toBe(3);
  expect(metrics.value("ddns_errors_total", PROVIDER)).toBe(0);
  expect(metrics.value("unique_public_ips_count")).toBe(1);
  expect(metrics.value("public_ip_changes_total")).toBe(1);
  const fetches = (number: number, status: string): number =>
    metrics.value("public_ip_fetch_total", { gateway_ip: addressOf(number), status });
  expect([fetches(1, "failure"), fetches(2, "success"), fetches(3, "failure")]).toEqual([0, 0, 0]);
  expect(fetches(2, "failure")).toBe(
    metrics.value("public_ip_fetch_duration_seconds_count", { gateway_ip: addressOf(2) }),
  );
  for (const line of [
    /level=info.*gw\.example\.net: changed 1\.0\.0\.1 to 1\.0\.0\.99/,
    /level=info.*gateway 10\.77\.0\.11 has the public address 1\.0\.0\.99 \(was 1\.0\.0\.1\)/,
    /level=warn.*cannot determine the public address of 10\.77\.0\.12: status 500/,
    /level=info.*gw\.example\.net: removed 1\.0\.0\.3/,
    /level=info.*gw\.example\.net resolves to 1\.0\.0\.99"/,
  ]) {
    await daemon.log.next(line);
  }
});
