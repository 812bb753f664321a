/** Stops, kills and starts: what is removed from the kernel, and what the next start takes over. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  CALM,
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

test.each(["SIGTERM", "SIGINT", "SIGQUIT", "SIGALRM", "SIGVTALRM", "SIGPROF", "SIGIO", "SIGXCPU", "SIGXFSZ"] as const)(
  "%s removes all rules and routes, the rule first, and exits with status 0",
  async (signal) => {
    const lab = await openLab();
    const before = await lab.snapshot();
    const daemon = lab.start();
    await lab.untilRouted([1, 2, 3]);
    const { events } = await lab.monitor();
    expect(await daemon.stop(signal)).toMatchObject({ status: 0, stderr: "" });
    expect(await lab.snapshot()).toBe(before);
    await events.next(/\[ROUTE\]Deleted default table 180/);
    expect(events.matching(/\[(RULE|ROUTE)\]/)[0]?.text).toContain(`[RULE]Deleted ${PREFERENCE}:`);
  },
);

test.each([
  ["all gateways are healthy", []],
  ["one gateway has failed", [2]],
] as [string, number[]][])("a start after a kill keeps route and flows unchanged when %s", async (_, failed) => {
  const lab = await openLab({ gateways: 4 });
  const healthy = [1, 2, 3, 4].filter((number) => !failed.includes(number));
  const first = lab.start(CALM);
  await lab.untilRouted([1, 2, 3, 4]);
  for (const number of failed) lab.gateway(number).becomes(refusing);
  const before = await lab.untilRouted(healthy);
  const flows = await lab.traffic.survey(200);

  const monitor = await lab.monitor();
  await first.kill();
  const second = lab.start(CALM);
  await second.untilReady();
  await second.untilMetrics("three rounds of probes", (it) => it.value("check_cycles_total") >= 3);

  expect(await monitor.changesOf("default", TABLE)).toEqual([]);
  expect((await lab.managedRoute())?.nexthops).toEqual(before!.nexthops);
  expect(await lab.traffic.survey(200)).toEqual(flows);
});

test("a gateway that failed between a kill and the next start leaves the route in a single change", async () => {
  const lab = await openLab();
  const first = lab.start(CALM);
  await lab.untilRouted([1, 2, 3]);
  await first.kill();
  lab.gateway(2).becomes(hanging);
  const monitor = await lab.monitor();
  lab.start(CALM);
  await lab.untilRouted([1, 3]);
  const steps = (await monitor.changesOf("default", TABLE)).map(({ gateways }) => new Set(gateways));
  expect(steps).toEqual([new Set([addressOf(1), addressOf(3)])]);
});

test("a start after a kill removes exclusions that are no longer configured", async () => {
  const lab = await openLab();
  const first = lab.start({ "exclude-cidr": ["9.9.9.0/24"] });
  await lab.untilRouted([1, 2, 3]);
  expect(await lab.forwardedRoute("9.9.9.9")).toMatchObject({ table: "main" });
  await first.kill();
  await lab.start({ "exclude-cidr": ["1.1.1.0/24"] }).untilReady();
  expect(await lab.forwardedRoute("9.9.9.9")).toMatchObject({ table: "180" });
  expect(await lab.forwardedRoute("1.1.1.1")).toMatchObject({ table: "main" });
});

test("a start with another table and preference removes the rule and routes of a killed instance", async () => {
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

test("two instances with different tables do not change each other's rules and routes", async () => {
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

test("foreign routes and rules are kept, also in the managed table and at the managed preference", async () => {
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

test("a second SIGTERM ends a shutdown that waits for a hanging ip", async () => {
  const lab = await openLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && exec sleep 60\nexec "$IP" "$@"');
  const daemon = lab.start({}, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  ip.turnOn();
  daemon.signal("SIGTERM");
  await lab.until(
    "the shutdown to wait for ip",
    () => daemon.children,
    (it) => it.some(({ command }) => command.includes("sleep")),
  );
  daemon.signal("SIGTERM");
  expect(await daemon.ended()).toMatchObject({ status: 143 });
});

test("a stop with a hanging ip ends within 4 s, with status 1 and the commands to clean up", async () => {
  const lab = await openLab();
  const ip = lab.fakeIp('[ -e "$0.on" ] && exec sleep 60\nexec "$IP" "$@"');
  const daemon = lab.start({}, { env: ip.env });
  await lab.untilRouted([1, 2, 3]);
  ip.turnOn();
  const { status, stdout } = await daemon.stop();
  expect(status).toBe(1);
  const times = [
    /time=(\S+) .*SIGTERM/,
    /time=(\S+) .*remove them with: ip rule del pref 10888 protocol 173; ip route flush/,
  ];
  const [asked, gaveUp] = times.map((shape) => Date.parse(shape.exec(stdout)![1]!));
  expect(gaveUp! - asked!).toBeLessThan(4000); // ms; a run of ip may take five seconds, so the stop did not wait for its end
});

test("the service goes on after SIGHUP", async () => {
  const lab = await openLab();
  const daemon = lab.start();
  await lab.untilRouted([1, 2, 3]);
  daemon.signal("SIGHUP");
  lab.gateway(2).becomes(refusing);
  await lab.untilRouted([1, 3]);
  expect(await daemon.stop()).toMatchObject({ status: 0 });
});

test("the service goes on after the reader of its standard output has closed the pipe", async () => {
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

test("SIGTERM ends a service that is process 1 of a PID namespace, as in a container", async () => {
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

test("a stop does not wait for probes of gateways that hang", async () => {
  const lab = await openLab();
  for (const gateway of lab.gateways) gateway.becomes(hanging);
  const daemon = lab.start({ "check-period": "10m", timeout: "10m" });
  await lab.until(
    "a probe of each gateway",
    () => lab.gateways.map(({ requests }) => requests.length),
    (counts) => counts.every((count) => count > 0),
  );
  expect(await daemon.stop()).toMatchObject({ status: 0, stderr: "" });
});
