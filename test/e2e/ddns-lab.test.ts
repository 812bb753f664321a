/** The check at the end of every test with a name: it notices what it is there for. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { addressOf, DdnsLab, openLab, publicOf } from "./lab/index.ts";

setDefaultTimeout(60_000);

test("a name that is emptied while gateways are routed is noticed, and one without gateways is not", async () => {
  const lab = await openLab();
  const ddns = await DdnsLab.open(lab);
  const monitor = await lab.monitor();
  const emptied = ddns.dynu.put({ content: publicOf(1) });
  ddns.dynu.take(emptied.id);
  expect(ddns.violations()).toEqual([]);

  const { id } = ddns.dynu.put({ content: publicOf(1) });
  await lab.router.ip("route", "add", "default", "proto", "173", "table", "180", "nexthop", "via", addressOf(1));
  const { at } = await monitor.events.next(/default .*table 180/);
  await lab.until(
    "the route to have stood for a while",
    () => performance.now() - at,
    (age) => age > 500,
  );
  ddns.dynu.take(id);
  expect(ddns.violations()).toEqual([expect.stringContaining("emptied")]);
});

test.each([
  ["of another name", "www", "A"],
  ["of another type", "gw", "AAAA"],
  ["of the domain itself", "", "A"],
])("a record %s that is changed is noticed", async (_, nodeName, recordType) => {
  const ddns = await DdnsLab.open(await openLab());
  const record = ddns.dynu.records().find((one) => one.nodeName === nodeName && one.recordType === recordType)!;
  ddns.dynu.put({ id: record.id, content: record.content, ttl: 77 });
  expect(ddns.violations()).toEqual([expect.stringContaining("records of others changed")]);
});

test("a key in the log is noticed", async () => {
  const ddns = await DdnsLab.open(await openLab());
  await ddns.start({ path: `/${ddns.dynu.key}` }).log.next(/probing/);
  expect(ddns.violations()).toEqual(["the log contains the key"]);
});
