/** The provider says that all is well and does something else: few writes, no doubled record, and the reason in the log. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, openDdnsLab } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("a time to live that the provider raises is accepted after three tries", async () => {
  const { ddns } = await openDdnsLab();
  ddns.dynu.quirks.storedTtl = (ttl) => Math.max(30, ttl);
  const daemon = ddns.start({ "ddns-record-ttl": "10s" });
  await daemon.log.next(/level=warn.*the provider stores a time to live of 30s, not 10s/);
  await daemon.log.next(/level=warn.*30s, not 10s; accepted; set -ddns-record-ttl 30s/);
  await daemon.log.next(/level=info.*resolves to 1\.0\.0\.1, 1\.0\.0\.2, 1\.0\.0\.3/);
  const writes = ddns.writes().length;
  expect(writes).toBeLessThanOrEqual(12); // three records: each added, corrected at once, and corrected twice more
  await daemon.untilRounds(4); // longer than updates are apart
  expect(ddns.writes()).toHaveLength(writes);
});

test("a record that the provider accepts and does not list is added once, and removed with its gateway", async () => {
  const { lab, ddns } = await openDdnsLab();
  Object.assign(ddns.dynu.quirks, { hidesAdded: true, doubles: true });
  const daemon = ddns.start();
  await daemon.log.next(/level=warn.*accepted 1\.0\.0\.1 \(record \d+\) but does not list it/);
  await daemon.untilMetrics("three tries", (it) => it.value("ddns_errors_total", { kind: "passing" }) >= 3);
  expect(ddns.writes().map(({ call }) => call)).toEqual(["add", "add", "add"]);
  lab.gateway(1).becomes(answering(503));
  ddns.dynu.quirks.hidesAdded = false;
  await ddns.untilReadBack([2, 3]);
});
