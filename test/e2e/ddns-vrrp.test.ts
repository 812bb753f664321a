/** Several routers, one name: only the one that holds the required address writes. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { KEY_DECLINED } from "../fakes/dynu-faults.ts";
import { answering, type Daemon, endProcess, openDdnsLab, publicOf, reporting } from "./lab/index.ts";

setDefaultTimeout(60_000);

const SHARED = "10.66.0.254";
const REQUIRED = { "ddns-require-ip-address": SHARED };

const take = (device: string): string[] => ["address", "add", `${SHARED}/32`, "dev", device];
const leave = (device: string): string[] => ["address", "delete", `${SHARED}/32`, "dev", device];

const labels = { provider: "DynuDNS", reason: "required_ip_not_found" };

/** Updates that were skipped without the required address. */
async function skipsOf(daemon: Daemon): Promise<number> {
  return (await daemon.metrics()).value("ddns_updates_skipped_total", labels);
}

async function untilSkips(daemon: Daemon, count: number): Promise<void> {
  await daemon.untilMetrics(`${count} skipped updates`, (it) => {
    return it.value("ddns_updates_skipped_total", labels) >= count;
  });
}

test("nothing is written without the address; with it, an update follows at once", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.dynu.put({ content: "8.0.0.9" });
  const daemon = ddns.start(REQUIRED);
  await daemon.untilReady();
  await daemon.untilMetrics("all addresses", (it) => it.value("unique_public_ips_count") === 3);
  await untilSkips(daemon, 1);
  const skips = await skipsOf(daemon);
  lab.gateway(2).becomes(answering(503));
  await untilSkips(daemon, skips + 1);
  expect(ddns.dynu.requests.map(({ call }) => call)).toEqual(["getroot", "domains", "list"]);

  const given = performance.now();
  await lab.router.ip(...take("lan0"));
  await daemon.log.next(/level=info.*writes allowed: this machine has 10\.66\.0\.254/);
  await ddns.untilReadBack([1, 3]);
  expect(ddns.writes()[0]!.at - given).toBeLessThan(2_500);
});

test("a take-over reads the records again: another router may have written them", async () => {
  const { lab, ddns } = await openDdnsLab();
  await lab.router.ip(...take("lan0"));
  const daemon = ddns.start(REQUIRED);
  await ddns.untilReadBack([1, 2, 3]);
  await lab.router.ip(...leave("lan0"));
  await daemon.log.next(/level=info.*writes suspended: this machine does not have 10\.66\.0\.254/);
  ddns.dynu.take(ddns.own()[0]!.id);
  ddns.dynu.put({ content: "8.0.0.9" });
  await lab.router.ip(...take("lan0"));
  await ddns.untilReadBack([1, 2, 3]); // nothing else has changed: the records must have been read again
});

test("a change that comes without the address waits for it, and the last records stay", async () => {
  const { lab, ddns } = await openDdnsLab();
  await lab.router.ip(...take("lan0"));
  const daemon = ddns.start(REQUIRED);
  await ddns.untilReadBack([1, 2, 3]);
  await lab.router.ip(...leave("lan0"));
  await daemon.log.next(/writes suspended/);
  const requests = ddns.dynu.requests.length;
  const skips = await skipsOf(daemon);
  for (const gateway of lab.gateways.slice(1)) gateway.becomes(answering(503));
  await lab.untilRouted([1]);
  await untilSkips(daemon, skips + 1);
  expect(ddns.writes(requests)).toEqual([]);
  await lab.router.ip(...take("lan0"));
  await ddns.untilReadBack([1]);
});

test("when the address goes during an update, no further change is made", async () => {
  const { lab, ddns } = await openDdnsLab();
  await lab.router.ip(...take("lan0"));
  ddns.dynu.fail({ kind: "slow", ms: 2_000 }, { call: "add", times: 1 });
  const added = ddns.dynu.next("add", "arrived");
  const daemon = ddns.start(REQUIRED);
  await added;
  await lab.router.ip(...leave("lan0"));
  await daemon.log.next(/writes suspended/);
  await daemon.untilMetrics("the end of the update", (it) => it.value("ddns_update_duration_seconds_count") === 1);
  expect(ddns.writes().map(({ call }) => call)).toEqual(["add"]);
  expect(ddns.own()).toHaveLength(1);

  await lab.router.ip(...take("lan0"));
  await ddns.untilReadBack([1, 2, 3]);
});

test("the addresses are read again just before the first change, and the update follows later", async () => {
  const { lab, ddns } = await openDdnsLab();
  await lab.router.ip(...take("lan0"));
  // Without its monitor it observes no change, and without a change of the routes it does not read the addresses.
  const ip = lab.fakeIp('[ -e "$0.on" ] && case "$*" in *monitor*) exec sleep 600 ;; esac\nexec "$IP" "$@"');
  ip.turnOn();
  const daemon = ddns.start(REQUIRED, { env: ip.env });
  await ddns.untilReadBack([1, 2, 3]);
  const requests = ddns.dynu.requests.length;
  const skips = await skipsOf(daemon);
  await lab.router.ip(...leave("lan0"));
  ddns.service(2).becomes(reporting("1.0.0.99"));
  await untilSkips(daemon, skips + 1);
  expect(ddns.dynu.requests.slice(requests).map(({ call }) => call)).toEqual(["list"]);

  await lab.router.ip(...take("lan0"));
  ip.turnOff();
  for (const { pid, command } of daemon.children) if (command.startsWith("sleep")) endProcess(pid);
  await ddns.untilReadBack([1, 3, "1.0.0.99"]);
});

test("two routers: the router with the address writes the name, and neither undoes the other's work", async () => {
  const { lab, ddns } = await openDdnsLab();
  const second = await lab.addRouter();
  await ddns.watch(second);
  await lab.router.ip(...take("lan0"));
  const master = ddns.start(REQUIRED);
  const backup = ddns.start(REQUIRED, { router: second });
  await backup.untilReady();
  await ddns.untilReadBack([1, 2, 3]);
  const updates = async (): Promise<number[]> => {
    const metrics = await Promise.all([master.metrics(), backup.metrics()]);
    return metrics.map((it) => it.value("ddns_updates_total", { provider: "DynuDNS" }));
  };
  // An update is counted a moment after the answer that ends it.
  const untilUpdates = (counts: number[]) => lab.until("updates", updates, (found) => Bun.deepEquals(found, counts));
  await untilUpdates([1, 0]);

  await lab.router.ip(...leave("lan0"));
  await second.ip(...take("gw0"));
  lab.gateway(2).becomes(answering(503));
  await ddns.untilReadBack([1, 3]);
  await untilUpdates([1, 1]);

  await second.ip(...leave("gw0"));
  await lab.router.ip(...take("lan0"));
  ddns.service(1).becomes(reporting("1.0.0.99"));
  await ddns.untilReadBack([3, "1.0.0.99"]);
  await untilUpdates([2, 1]);
});

test("a take-over starts at once, whatever failed before", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.dynu.fail(KEY_DECLINED, { call: "getroot", times: 1 });
  const daemon = ddns.start(REQUIRED);
  await daemon.log.next(/level=error.*401.*next try in \d+m/);
  await lab.router.ip(...take("lan0"));
  await ddns.untilReadBack([1, 2, 3]);
});

test("a wrong key is reported at the start, also without the required address", async () => {
  const { ddns } = await openDdnsLab();
  ddns.dynu.put({ content: publicOf(1) });
  const daemon = ddns.start(REQUIRED, { env: { DDNS_PASSWORD: "not-the-key-1234" } });
  await daemon.log.next(/level=error.*401/);
  await daemon.untilReady();
  expect(ddns.dynu.requests.map(({ call }) => call)).toEqual(["getroot"]);
});
