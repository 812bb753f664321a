/** Gateways that are no range: in several networks, in any order, with names. */
import { expect, setDefaultTimeout, test } from "bun:test";

import type { Explanation } from "../../src/diagnose/format-explanation.ts";
import type { Status } from "../../src/status/schema.ts";
import {
  addressOf,
  answering,
  CALM,
  type Daemon,
  type FakeGateway,
  gatewaysOf,
  type Lab,
  openLab,
  runExecutable,
  TABLE,
  writeScript,
} from "./lab/index.ts";
import { check } from "./lab/check.ts";
import { expectPlanAgrees } from "./lab/plan.ts";

setDefaultTimeout(60_000);

/** The gateway in a network of its own, and the sink by which its packets are counted. */
const FAR = "10.99.0.9";
const SINK_OF_FAR = addressOf(3);

/** The flags of the lab without its range. */
const NO_RANGE = { "start-ip": [], "end-ip": [] };

/** A lab whose third gateway is behind another interface of the router, in the network 10.99.0.0/24. */
async function openTwoNetworks(): Promise<{ lab: Lab; far: FakeGateway }> {
  const lab = await openLab();
  const space = lab.gatewaySpace(3);
  await space.batch([
    "link delete eth0",
    `link add eth0 type veth peer name far0 netns ${lab.router.name}`,
    `address add ${FAR}/24 dev eth0`,
    "link set eth0 up",
    "route add default via 10.99.0.1",
  ]);
  await lab.router.batch(["address add 10.99.0.1/24 dev far0", "link set far0 up"]);
  return { lab, far: lab.serve(space, FAR) };
}

/** Waits until the managed route has exactly these gateways, whatever their order. */
async function untilOver(lab: Lab, addresses: readonly string[], destination = "default"): Promise<void> {
  await lab.until(
    `the route to ${destination} over ${addresses.join(", ")}`,
    () => lab.managedRoute(destination),
    (route) => String(gatewaysOf(route)) === String(addresses.toSorted()),
  );
}

/** The sinks that flows of the client reach now. */
async function reached(lab: Lab): Promise<string[]> {
  return [...new Set((await lab.traffic.survey(200)).values())].sort();
}

async function json<T>(lab: Lab, daemon: Pick<Daemon, "flags">, ...command: readonly string[]): Promise<T> {
  const { status, stdout, stderr } = await lab.start({ ...daemon.flags, json: true }, { command }).ended();
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return JSON.parse(stdout) as T;
}

test("gateways in two networks, given one by one, share the traffic, and each has its name wherever it is read", async () => {
  const { lab, far } = await openTwoNetworks();
  const script = writeScript(lab, 'printf "%s\\n" "$HOOK_GATEWAY_NAME" >"$1.name"');
  const gateway = [`lte=${FAR},weight=1`, addressOf(2), `sweden=${addressOf(1)}`];
  const daemon = lab.start({ ...CALM, ...NO_RANGE, gateway, "on-change": script.command });
  await untilOver(lab, [FAR, addressOf(2), addressOf(1)]);
  const { nexthops } = (await lab.managedRoute())!;
  expect(nexthops!.map(({ gateway, dev }) => [gateway, dev])).toEqual([
    [FAR, "far0"],
    [addressOf(2), "gw0"],
    [addressOf(1), "gw0"],
  ]);
  expect(await reached(lab)).toEqual([1, 2, 3].map(addressOf));
  const { text: start } = await daemon.log.next(/probing /);
  expect(start).toContain(`probing lte (${FAR}), ${addressOf(2)}, sweden (${addressOf(1)}) at http://...:9999/`);

  far.becomes(answering(500));
  await untilOver(lab, [addressOf(2), addressOf(1)]);
  expect(await reached(lab)).toEqual([1, 2].map(addressOf));
  const { text: down } = await daemon.log.next(/down/);
  expect(down).toContain(`msg="gateway lte (${FAR}) down: status 500 (2 of 3 healthy)" gateway=${FAR} `);
  expect(down).toEndWith(" gateway_name=lte");
  await lab.until(
    "a notification",
    () => script.notifications,
    (all) => all.length > 0,
  );
  expect(script.notifications).toMatchObject([
    {
      event: "gateway-down",
      gateway: FAR,
      gatewayName: "lte",
      message: `gateway lte (${FAR}) is down: status 500; 2 of 3 are up`,
    },
  ]);

  const { stdout } = await runExecutable(lab.router, ["status", "-json"]);
  const names = (JSON.parse(stdout) as Status).gateways.map(({ address, name, state }) => [address, name, state]);
  expect(names).toEqual([
    [FAR, "lte", "down"],
    [addressOf(2), undefined, "up"],
    [addressOf(1), "sweden", "up"],
  ]);
  const metrics = await daemon.metrics();
  expect(metrics.value("gateway_info", { gateway_ip: FAR, gateway_name: "lte" })).toBe(1);
  expect(metrics.value("gateway_up", { gateway_ip: FAR })).toBe(0);
  const { gateways } = await expectPlanAgrees(lab, daemon);
  expect(gateways.map(({ name, healthy }) => [name, healthy])).toEqual([
    ["lte", false],
    [undefined, true],
    ["sweden", true],
  ]);

  far.becomes(answering(200));
  await untilOver(lab, [FAR, addressOf(2), addressOf(1)]);
  await daemon.stop();
});

test("a range and gateways outside of it are one pool, with a kill switch that lets probes to all of them pass", async () => {
  const { lab, far } = await openTwoNetworks();
  const gateway = [`lte=${FAR}`, `sweden=${addressOf(2)}`];
  const flags = { ...CALM, "end-ip": addressOf(2), gateway, route: ["8.0.0.0/8", "10.0.0.0/8"] };
  const daemon = lab.start({ ...flags, "when-no-gateways": "unreachable" });
  await untilOver(lab, [addressOf(1), addressOf(2), FAR], "8.0.0.0/8");
  expect(await reached(lab)).toEqual([1, 2, 3].map(addressOf));

  for (const one of [lab.gateway(1), lab.gateway(2), far]) one.becomes(answering(500));
  await lab.until(
    "the rejecting route alone",
    () => lab.managedRoute("8.0.0.0/8"),
    (route) => route === undefined,
  );
  await expectPlanAgrees(lab, daemon);
  for (const one of [lab.gateway(1), lab.gateway(2), far]) one.becomes(answering(200));
  await untilOver(lab, [addressOf(1), addressOf(2), FAR], "8.0.0.0/8");

  const explained = await json<Explanation>(lab, daemon, "explain", FAR);
  expect(explained).toMatchObject({ managed: false, takesGateways: false, because: { flag: "-gateway" } });
  expect(explained.because.why).toBe(`the gateways themselves are always excluded (-gateway lte=${FAR})`);
  const { shares } = await json<Explanation>(lab, daemon, "explain", "8.8.8.8");
  expect(shares.map(({ gateway, name, device }) => [gateway, name, device])).toEqual([
    [addressOf(1), undefined, "gw0"],
    [addressOf(2), "sweden", "gw0"],
    [FAR, "lte", "far0"],
  ]);
  await daemon.stop();
});

test("probes beyond the gateways go through a gateway in another network as well", async () => {
  const { lab, far } = await openTwoNetworks();
  // The far gateway takes packets to 8.8.8.8 as its own, and so answers the probe through it.
  lab.serve(lab.gatewaySpace(3), "8.8.8.8", 80);
  const flags = { ...CALM, ...NO_RANGE, gateway: [addressOf(1), `lte=${FAR}`] };
  const daemon = lab.start({
    ...flags,
    through: "http://8.8.8.8/",
    "through-period": "1s",
    "through-timeout": "500ms",
  });
  await untilOver(lab, [FAR]);
  expect(await reached(lab)).toEqual([SINK_OF_FAR]);
  const { text } = await daemon.log.next(new RegExp(`gateway ${addressOf(1)} down`));
  expect(text).toContain("url http://8.8.8.8/");
  far.becomes(answering(500));
  await daemon.log.next(/gateway lte \(10\.99\.0\.9\) down/);
  await daemon.stop();
});

test("a restart that gives the gateways of a range one by one, with names, changes neither route nor flows", async () => {
  const lab = await openLab();
  const first = lab.start({ ...CALM, "on-exit": "keep" });
  await lab.untilRouted([1, 2, 3]);
  const flows = await lab.traffic.survey(200);
  const monitor = await lab.monitor();
  await first.stop();
  const gateway = [addressOf(1), `sweden=${addressOf(2)}`, addressOf(3)];
  const second = lab.start({ ...CALM, ...NO_RANGE, gateway });
  await second.untilReady();
  await second.untilRounds(2);
  expect(await monitor.changesOf("default", TABLE)).toEqual([]);
  expect(await lab.traffic.survey(200)).toEqual(flows);
  await second.stop();
});

test("160 gateways in descending order, each with the longest name there can be, are routed over in that order", async () => {
  const lab = await openLab({ gateways: 160, shared: true });
  const numbers = Array.from({ length: 160 }, (_, index) => 160 - index);
  const gateway = numbers.map((number) => `${"x".repeat(60)}${String(number).padStart(3, "0")}=${addressOf(number)}`);
  const daemon = lab.start({ ...CALM, ...NO_RANGE }, { env: { GRM_GATEWAY: gateway.join(" ") } });
  await daemon.untilReady();
  const { nexthops } = (await lab.managedRoute())!;
  expect(nexthops!.map(({ gateway }) => gateway)).toEqual(numbers.map(addressOf));
  const { stdout } = await runExecutable(lab.router, ["status"]);
  expect(stdout).toStartWith("healthy: all 160 gateways are up");
  await daemon.stop();
});

test("check finds gateways in two networks fine, and names the flag of one that cannot be used", async () => {
  const { lab } = await openTwoNetworks();
  const flags = { ...NO_RANGE, gateway: [`sweden=${addressOf(1)}`, `lte=${FAR}`] };
  const report = await check(lab, flags);
  expect(report.about(`gateway lte (${FAR})`)).toMatchObject([{ level: "ok" }]);
  expect(report.about("nexthops")).toMatchObject([{ level: "ok" }]);
  const wrong = await check(lab, { ...flags, gateway: [...flags.gateway, "own=10.99.0.1,tier=2"] });
  expect(wrong.about("nexthops")).toMatchObject([
    {
      message: "own (10.99.0.1) cannot be used: it is an address of this machine itself",
      remedy: "remove -gateway own=10.99.0.1,tier=2",
    },
  ]);
});

test("a command line without gateways, or with half a range, is an error that says what is missing", async () => {
  const lab = await openLab();
  const { status, stderr } = await runExecutable(lab.router, ["-port", "1"]);
  expect(status).toBe(2);
  expect(stderr).toContain("no gateways: set -start-ip and -end-ip to a range, or -gateway to each of them");
  const half = await runExecutable(lab.router, ["-start-ip", addressOf(1), "-gateway", FAR]);
  expect(half.stderr).toContain("-end-ip is required with -start-ip");
});
