/** The provider fails in ways that pass: the name is right soon after, and routing never notices. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Fault } from "../fakes/dynu.ts";
import { addressOf, answering, type DdnsLab, hanging, openDdnsLab, refusing, TABLE } from "./lab/index.ts";

setDefaultTimeout(60_000);

const outages: [string, (ddns: DdnsLab) => void][] = [
  ["refuses connections", (ddns) => ddns.disconnect()],
  ["cuts connections", (ddns) => ddns.dynu.fail({ kind: "cut", when: "before" }, { times: Infinity })],
  ["hangs", (ddns) => ddns.dynu.fail({ kind: "hang" }, { times: Infinity })],
];

test.each(outages)("a provider that %s: once it is back, the name catches up", async (_, begin) => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start({ "ddns-timeout": "1s" });
  await ddns.untilReadBack([1, 2, 3]);
  const before = ddns.dynu.records();
  begin(ddns);
  lab.gateway(3).becomes(answering(503));
  await daemon.untilMetrics("two passing errors", (it) => {
    return it.value("ddns_errors_total", { provider: "DynuDNS", kind: "passing" }) >= 2;
  });
  expect(ddns.dynu.records()).toEqual(before);
  lab.gateway(2).becomes(answering(503));
  await lab.untilRouted([1]);

  ddns.dynu.heal();
  ddns.disconnect();
  ddns.connect();
  await ddns.untilReadBack([1]);
  await daemon.log.next(/level=info.*resolves to 1\.0\.0\.1"/);
  const metrics = await daemon.metrics();
  expect(metrics.value("ddns_updates_total", { provider: "DynuDNS", status: "failure" })).toBeGreaterThanOrEqual(2);
  // Once for each reason: what hangs at the end of the outage is cut off.
  const warnings = daemon.log.matching(/level=warn.*Dynu cannot be reached/).map(({ text }) => reasonIn(text));
  expect(warnings.length).toBeGreaterThanOrEqual(1);
  expect(new Set(warnings).size).toBe(warnings.length);
});

function reasonIn(line: string): string {
  return /cannot be reached: ([^;]*)/.exec(line)![1]!;
}

const accidents: [string, Fault][] = [
  ["after it was carried out", { kind: "cut", when: "after" }],
  ["before it was carried out", { kind: "cut", when: "before" }],
];

test.each(accidents)(
  "a connection cut during each sort of change, %s: no record is doubled or lost",
  async (_, cut) => {
    const { lab, ddns } = await openDdnsLab();
    const stale = ddns.dynu.put({ content: "8.0.0.9" }).id;
    for (const call of ["change", "add", "remove"] as const) ddns.dynu.fail(cut, { call, times: 1 });
    ddns.start();
    await ddns.untilReadBack([1, 2, 3]);
    expect(ddns.own().map(({ id }) => id)).toContain(stale);
    lab.gateway(2).becomes(answering(503));
    await ddns.untilReadBack([1, 3]);
    const answers = ddns.dynu.requests.filter(({ answer }) => answer === "cut").map(({ call }) => call);
    expect(answers.sort()).toEqual(["add", "change", "remove"]);
  },
);

test("while the provider hangs, probing and routing go on as quickly as ever", async () => {
  const { lab, ddns } = await openDdnsLab();
  const daemon = ddns.start({ "check-period": "300ms", timeout: "300ms" });
  await daemon.untilReady();
  await ddns.untilReadBack([1, 2, 3]);
  ddns.dynu.fail({ kind: "hang" }, { times: Infinity });
  ddns.service(1).becomes(hanging);
  const monitor = await lab.monitor();
  const stuck = ddns.dynu.next("list", "arrived");
  lab.gateway(3).becomes(refusing);
  await stuck;

  const delays: number[] = [];
  for (const status of [503, 200, 503, 200, 503]) {
    const mark = monitor.events.mark();
    const answered = lab.gateway(2).nextAnswer(status);
    lab.gateway(2).becomes(answering(status));
    const { answeredAt = 0 } = await answered;
    const gone = status === 503;
    const event = await lab.until(
      `the route ${gone ? "without" : "with"} gateway 2`,
      () => monitor.changesSoFar("default", TABLE, mark).find((it) => it.gateways.includes(addressOf(2)) !== gone),
      (it) => it !== undefined,
    );
    delays.push(event!.at - answeredAt);
  }
  expect(delays.toSorted((a, b) => a - b)[2]).toBeLessThan(200);

  await daemon.untilRounds(3);
  expect(await daemon.get("/readyz")).toMatchObject({ status: 200 });
});
