/** Stopping, being killed and starting again: the records stay, and are taken over. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Call } from "../fakes/dynu.ts";
import { answering, type Daemon, hanging, openDdnsLab, publicOf } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Stops it and returns how long that took, in ms. */
async function timeToStop(daemon: Daemon): Promise<number> {
  const start = performance.now();
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
  return performance.now() - start;
}

test.each(["getroot", "domains", "list", "add", "change", "remove"] as Call[])(
  "SIGTERM while a request hangs (%s) ends it within a second, and the records stay",
  async (call) => {
    const { ddns } = await openDdnsLab();
    const stale = { add: ["8.0.0.1"], remove: [1, 2, 3, 4].map((number) => `8.0.0.${number}`) }[call as string];
    for (const content of stale ?? ["8.0.0.1", "8.0.0.2", "8.0.0.3"]) ddns.dynu.put({ content });
    ddns.dynu.fail({ kind: "hang" }, { call, times: 1 });
    const stuck = ddns.dynu.next(call, "arrived");
    const daemon = ddns.start();
    await stuck;
    await daemon.untilReady();
    const before = ddns.dynu.records();
    const requests = ddns.dynu.requests.length;
    expect(await timeToStop(daemon)).toBeLessThan(1_000);
    expect(ddns.dynu.records()).toEqual(before);
    expect(ddns.dynu.requests).toHaveLength(requests);
  },
);

test("SIGTERM while look-ups hang ends it within a second", async () => {
  const { lab, ddns } = await openDdnsLab();
  for (const service of ddns.services) service.becomes(hanging);
  const daemon = ddns.start({ "check-period": "20s", timeout: "20s" });
  await lab.until(
    "a look-up of each gateway",
    () => ddns.services.map(({ requests }) => requests.length),
    (counts) => counts.every((count) => count === 1),
  );
  expect(await timeToStop(daemon)).toBeLessThan(1_000);
});

test("SIGTERM during an update: the change under way is the last one", async () => {
  const { ddns } = await openDdnsLab();
  ddns.dynu.fail({ kind: "slow", ms: 1_000 }, { call: "add", times: 3 });
  const added = ddns.dynu.next("add", "arrived");
  const daemon = ddns.start();
  await added;
  expect(await timeToStop(daemon)).toBeLessThan(1_000);
  const second = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  expect(ddns.writes().map(({ call }) => call)).toEqual(["add", "add", "add"]);
  expect(second.log.matching(/level=(warn|error)/)).toEqual([]);
});

test("a stop leaves the records, and a restart that finds them right writes nothing", async () => {
  const { ddns } = await openDdnsLab();
  let daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  const before = ddns.dynu.records();
  for (const how of ["SIGTERM", "SIGINT"] as const) {
    await daemon.stop(how);
    daemon = ddns.start();
    await daemon.untilMetrics("a check of the records", (it) => it.value("ddns_last_verified_time_seconds") > 0);
  }
  expect(ddns.dynu.records()).toEqual(before);
  expect(ddns.writes()).toHaveLength(3);
});

const endings: [string, (daemon: Daemon) => Promise<unknown>][] = [
  ["SIGTERM", (daemon) => daemon.stop()],
  ["SIGKILL", (daemon) => daemon.kill()],
];

test.each(endings)(
  "%s and a start: a gateway that died meanwhile leaves the name, which is never empty",
  async (_, end) => {
    const { lab, ddns } = await openDdnsLab();
    const first = ddns.start();
    await ddns.untilReadBack([1, 2, 3]);
    const filled = ddns.dynu.moments.length - 1;
    await end(first);
    lab.gateway(2).becomes(hanging);
    ddns.start();
    await ddns.untilReadBack([1, 3]);
    expect(ddns.wasNeverEmpty(filled)).toBe(true);
  },
);

test("SIGKILL and a start while no look-up succeeds: the records stay", async () => {
  const { ddns } = await openDdnsLab();
  const first = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  const before = ddns.dynu.records();
  await first.kill();
  for (const service of ddns.services) service.becomes(answering(500));
  const restarted = performance.now();
  const second = ddns.start();
  await second.untilMetrics("failures", (it) => it.value("public_ip_fetch_total", { status: "failure" }) >= 6);
  await ddns.untilReadBack([1, 2, 3], restarted);
  expect(ddns.dynu.records()).toEqual(before);
});

test("SIGKILL in the middle of an update: the next start finishes it, and nothing is doubled", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.dynu.put({ content: "8.0.0.9" });
  const filled = ddns.dynu.moments.length - 1;
  ddns.dynu.fail({ kind: "hang" }, { call: "add", times: 1 });
  const added = ddns.dynu.next("add", "arrived");
  const first = ddns.start();
  await added;
  await first.kill();
  ddns.dynu.put({ content: publicOf(3) }); // as if the request had been carried out all the same
  const second = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  await second.untilReady();
  await lab.untilRouted([1, 2, 3]);
  expect(ddns.wasNeverEmpty(filled)).toBe(true);
});
