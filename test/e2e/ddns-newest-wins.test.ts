/** What changes while an update is under way. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { answering, type Daemon, type DdnsLab, openDdnsLab, reporting } from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Checks that the provider gets no more requests, after one more update at most. */
async function expectRest(daemon: Daemon, ddns: DdnsLab): Promise<void> {
  await daemon.untilRounds(4); // longer than updates are apart
  const requests = ddns.dynu.requests.length;
  await daemon.untilRounds(4);
  expect(ddns.dynu.requests).toHaveLength(requests);
}

test("changes during a slow update are neither lost nor late, and the newest wins", async () => {
  const { lab, ddns } = await openDdnsLab({ gateways: 4 });
  lab.gateway(4).becomes(answering(503));
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);

  const before = ddns.dynu.requests.length;
  const kept = ddns.own()[0]!.id;
  ddns.dynu.fail({ kind: "slow", ms: 3_000 }, { call: "remove", times: 1 });
  for (const call of ["add", "change"] as const) ddns.dynu.fail({ kind: "slow", ms: 500 }, { call, times: 9 });
  const removal = ddns.dynu.next("remove", "arrived");
  lab.gateway(3).becomes(answering(503));
  await removal;
  lab.gateway(3).becomes(answering(200));
  lab.gateway(2).becomes(answering(503));
  lab.gateway(4).becomes(answering(200));
  ddns.service(1).becomes(reporting("1.0.0.100"));
  await ddns.untilReadBack([3, 4, "1.0.0.100"]);

  const requests = ddns.dynu.requests.slice(before, before + 6);
  const gaps = requests.slice(2).map(({ at }, index) => at - requests[index + 1]!.at);
  expect(Math.min(...gaps)).toBeGreaterThan(450); // one change at a time, and the list after the last one
  expect(requests.map(({ call }) => call)).toEqual(["list", "remove", "change", "change", "add", "list"]);
  expect(ddns.own().map(({ id }) => id)).toContain(kept);
  await expectRest(daemon, ddns);
});

test("a change that is no longer wanted when its turn comes is not made", async () => {
  const { lab, ddns } = await openDdnsLab();
  ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  const before = ddns.dynu.requests.length;
  const numberOf = new Map(ddns.own().map(({ id }, index) => [`${id}`, index + 1]));
  ddns.dynu.fail({ kind: "slow", ms: 3_000 }, { call: "remove", times: 1 });
  const removal = ddns.dynu.next("remove", "arrived");
  for (const number of [2, 3]) lab.gateway(number).becomes(answering(503)); // long before the next update may begin
  await removal;
  const removed = numberOf.get(ddns.dynu.requests.at(-1)!.path.split("/").at(-1)!)!;
  const other = 5 - removed;
  lab.gateway(other).becomes(answering(200));
  await ddns.untilReadBack([1, other]);
  expect(ddns.writes(before)).toHaveLength(1);
});

test("a change while an update reads the records back is not lost", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start();
  await ddns.untilReadBack([1, 2, 3]);
  const removal = ddns.dynu.next("remove", "arrived");
  lab.gateway(3).becomes(answering(503));
  await removal;
  ddns.dynu.fail({ kind: "slow", ms: 2_000 }, { call: "list", times: 1 });
  await ddns.dynu.next("list", "arrived");
  lab.gateway(2).becomes(answering(503));
  await lab.untilRouted([1]);
  await ddns.untilReadBack([1]);
  await expectRest(daemon, ddns);
});
