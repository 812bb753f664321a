/** Stopping, being killed, and starting again. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  hanging,
  type Lab,
  openLab,
  PREFERENCE,
  PROTOCOL,
  refusing,
  TABLE,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** Slow enough that a busy machine makes no healthy gateway look dead. */
const CALM = { "check-period": "1s", timeout: "1s" };

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s removes everything, the rule first, and ends with status 0",
  async (signal) => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const daemon = lab.start();
    await lab.untilRouted([1, 2, 3]);
    const { events } = await lab.monitor();
    expect(await daemon.stop(signal)).toMatchObject({ status: 0, complaint: "" });
    expect(await lab.snapshot()).toBe(before);
    await events.next(/\[ROUTE\]Deleted default table 180/);
    expect(events.matching(/\[(RULE|ROUTE)\]/)[0]?.text).toContain(`[RULE]Deleted ${PREFERENCE}:`);
  },
);

test.each([
  ["all gateways healthy", []],
  ["one gateway dead", [2]],
] as [string, number[]][])("a killed instance's routes are taken over without a change: %s", async (_, dead) => {
  const lab = await openLab({ gateways: 4 });
  const healthy = [1, 2, 3, 4].filter((number) => !dead.includes(number));
  const first = lab.start(CALM);
  await lab.untilRouted([1, 2, 3, 4]);
  for (const number of dead) lab.gateway(number).becomes(refusing);
  const before = await lab.untilRouted(healthy);
  const flows = await lab.traffic.survey(200);

  const monitor = await lab.monitor();
  await first.kill();
  const second = lab.start(CALM);
  await second.untilReady();
  await second.untilMetrics("three rounds of probes", (it) => it.value("check_cycles_total") >= 3);

  await monitor.caughtUp();
  expect(monitor.changesOf("default", TABLE)).toEqual([]);
  expect((await lab.managedRoute())?.nexthops).toEqual(before!.nexthops);
  expect(await lab.traffic.survey(200)).toEqual(flows);
});

test("a gateway that died meanwhile leaves the route when the first round of probes is over, in one step", async () => {
  const lab = await openLab();
  const first = lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  await first.kill();
  lab.gateway(2).becomes(hanging);
  const monitor = await lab.monitor();
  lab.start(CALM);
  await lab.untilRouted([1, 3]);
  await monitor.caughtUp();
  const steps = monitor.changesOf("default", TABLE).map(({ gateways }) => new Set(gateways));
  expect(steps).toEqual([new Set([addressOf(1), addressOf(3)])]);
});

test("a restart removes exclusions that are no longer wanted", async () => {
  const lab = await openLab();
  const first = lab.start({ "exclude-cidr": ["9.9.9.0/24"] });
  await lab.untilRouted([1, 2, 3]);
  expect(await lab.wayTo("9.9.9.9")).toMatchObject({ table: "main" });
  await first.kill();
  await lab.start({ "exclude-cidr": ["1.1.1.0/24"] }).untilReady();
  expect(await lab.wayTo("9.9.9.9")).toMatchObject({ table: "180" });
  expect(await lab.wayTo("1.1.1.1")).toMatchObject({ table: "main" });
});

test("a restart with another table and preference cleans the old ones up", async () => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const first = lab.start();
  await lab.untilRouted([1, 2, 3]);
  await first.kill();
  const second = lab.start({ "first-routing-table-id": 200, "first-rule-preference": 9000 });
  await second.untilReady();
  await lab.until(
    "the old table to be empty",
    () => lab.routes(TABLE),
    (routes) => routes.length === 0,
  );
  await lab.until(
    "one rule, for the new table",
    () => ownRules(lab),
    (rules) => rules.join() === "9000 lookup 200",
  );
  expect(await second.stop()).toMatchObject({ status: 0 });
  expect(await lab.snapshot()).toBe(before);
});

test("two instances with a table each don't touch one another", async () => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const first = lab.start({ route: "1.0.0.0/8" });
  await lab.untilRouted([1, 2, 3], "1.0.0.0/8");
  const second = lab.start({
    route: "9.0.0.0/8",
    "first-routing-table-id": 200,
    "first-rule-preference": 9000,
    "metrics-port": 9191,
  });
  await second.untilReady();
  await first.untilReady();
  expect(await ownRules(lab)).toEqual(["9000 lookup 200", "10888 lookup 180"]);
  await second.stop();
  expect(await ownRules(lab)).toEqual(["10888 lookup 180"]);
  await lab.untilRouted([1, 2, 3], "1.0.0.0/8");
  await first.stop();
  expect(await lab.snapshot()).toBe(before);
});

test("routes and rules of others survive, also in the same table and at the same preference", async () => {
  const lab = await openLab();
  await lab.router.batch([
    `route add 9.9.9.9/32 via ${UPSTREAM} table 180`,
    `route add default via ${UPSTREAM} table 180 metric 500`,
    `rule add preference ${PREFERENCE} from 10.99.0.0/16 lookup main`,
    `rule add preference ${PREFERENCE} from all lookup 199`,
    "rule add preference 9000 from 10.98.0.0/16 lookup 180",
  ]);
  const foreign = await lab.snapshot();
  const first = lab.start();
  await lab.untilRouted([1, 2, 3]);
  lab.gateway(2).becomes(answering(500));
  await lab.untilRouted([1, 3]);
  await first.kill();
  const second = lab.start();
  await second.untilReady();
  await lab.untilRouted([1, 3]);
  expect(linesOf(await lab.snapshot())).toEqual(expect.arrayContaining(linesOf(foreign)));
  await second.stop();
  expect(await lab.snapshot()).toBe(foreign);
});

test("a second signal ends a shutdown that is stuck", async () => {
  const lab = await openLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && exec sleep 60\nexec "$IP" "$@"');
  const daemon = lab.start({}, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  ip.turnOn();
  daemon.signal("SIGTERM");
  await lab.until(
    "the shutdown to be stuck",
    () => daemon.children,
    (it) => it.some(({ command }) => command.includes("sleep")),
  );
  daemon.signal("SIGTERM");
  expect(await daemon.ended()).toMatchObject({ status: 143 });
});

test("a stop gives up after a few seconds when ip hangs, and tells how to clean up", async () => {
  const lab = await openLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && exec sleep 60\nexec "$IP" "$@"');
  const daemon = lab.start({}, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  ip.turnOn();
  const { status, output } = await daemon.stop();
  expect(status).toBe(1);
  const times = [
    /time=(\S+) .*SIGTERM/,
    /time=(\S+) .*remove them with: ip rule del pref 10888 protocol 173; ip route flush/,
  ];
  const [asked, gaveUp] = times.map((shape) => Date.parse(shape.exec(output)![1]!));
  expect(gaveUp! - asked!).toBeLessThan(4000); // a run of ip has five seconds; waiting for it would take longer
});

test("SIGHUP is ignored", async () => {
  const lab = await openLab();
  const daemon = lab.start();
  await lab.untilRouted([1, 2, 3]);
  daemon.signal("SIGHUP");
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1, 3]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("a closed standard output doesn't end it", async () => {
  const lab = await openLab();
  const daemon = lab.start();
  await lab.untilRouted([1, 2, 3]);
  await daemon.log.close();
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1, 3]);
  lab.gateway(2).becomes(answering(200));
  await lab.untilRouted([1, 2, 3]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("SIGTERM works as process 1 of a container", async () => {
  const lab = await openLab();
  const before = await lab.snapshot();
  const daemon = lab.start({}, { wrapper: ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"] });
  await lab.untilRouted([1, 2, 3]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
  expect(await lab.snapshot()).toBe(before);
});

async function ownRules(lab: Lab): Promise<string[]> {
  const rules = await lab.rules();
  return rules
    .filter(({ protocol }) => protocol === PROTOCOL)
    .map(({ priority, table }) => `${priority} lookup ${table}`);
}

const linesOf = (text: string): string[] => text.split("\n");

test("a stop waits for no probe: with all gateways hanging it ends long before their timeout", async () => {
  const lab = await openLab();
  for (const gateway of lab.gateways) gateway.becomes(hanging);
  const daemon = lab.start({ "check-period": "10m", timeout: "10m" });
  await lab.until(
    "a probe of each gateway",
    () => lab.gateways.map(({ requests }) => requests.length),
    (counts) => counts.every((count) => count > 0),
  );
  expect(await daemon.stop()).toMatchObject({ status: 0, complaint: "" });
});
