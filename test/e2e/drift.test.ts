/** Other programs and interface changes alter rules and routes: the service restores its own, and no others. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  addressOf,
  answering,
  endProcess,
  type Daemon,
  type Lab,
  openLab,
  PREFERENCE,
  ROUTER,
  UPSTREAM,
} from "./lab/index.ts";

setDefaultTimeout(60_000);

/** A lab in which the service is ready, and its routes and rules at that time. */
async function openReadyLab(): Promise<{ lab: Lab; daemon: Daemon; before: string }> {
  const lab = await openLab();
  const daemon = lab.start({ "exclude-cidr": ["9.9.9.0/24"] });
  await daemon.untilReady();
  await lab.untilRouted([1, 2, 3]);
  return { lab, daemon, before: await lab.snapshot() };
}

const changes: [what: string, object: string, command: string][] = [
  ["deletes the rule", "rule", `rule delete preference ${PREFERENCE}`],
  ["flushes the table", "route", "route flush table 180"],
  ["deletes the managed route", "route", "route delete default table 180"],
  ["replaces the managed route", "route", `route replace default via ${addressOf(1)} table 180`],
  ["adds a route before the managed one", "route", `route prepend default via ${addressOf(1)} table 180`],
  ["deletes an exclusion", "route", "route delete throw 9.9.9.0/24 table 180"],
];

test.each(changes)("rules and routes are restored after another program %s", async (_, object, command) => {
  const { lab, daemon, before } = await openReadyLab();
  await lab.router.ip(...command.split(" "));
  await lab.untilSnapshot(before);
  await daemon.untilMetrics("a repair", (it) => it.value("routing_drift_repairs_total", { object }) >= 1);
});

test("the route is removed when the interface to the gateways goes down, and restored when it is up again", async () => {
  const { lab } = await openReadyLab();
  await lab.router.ip("link", "set", "gw0", "down");
  await lab.untilRouted([]);
  await lab.router.ip("link", "set", "gw0", "up");
  await lab.untilRouted([1, 2, 3]);
});

test("the route is removed when the interface loses its address, and restored when it has the address again", async () => {
  const { lab } = await openReadyLab();
  await lab.router.ip("address", "delete", `${ROUTER}/24`, "dev", "gw0");
  await lab.untilRouted([]);
  await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
  await lab.untilRouted([1, 2, 3]);
});

test("the route is removed when the interface is deleted, and restored when the interface is created again", async () => {
  const { lab } = await openReadyLab();
  await lab.unplugGateways();
  await lab.untilRouted([]);
  await lab.plugGateways();
  await lab.untilRouted([1, 2, 3]);
});

test("a service that starts without the interface to the gateways adds the route when the interface is created", async () => {
  const lab = await openLab();
  await lab.unplugGateways();
  lab.start();
  await lab.untilRouted([]);
  await lab.plugGateways();
  await lab.untilRouted([1, 2, 3]);
});

test("a gateway outside the connected networks is left out of the route until it is inside one", async () => {
  const lab = await openLab({ gateways: 2 });
  // The router's network is now only 10.77.0.10 and .11, so the second gateway is reached by the default route alone.
  await lab.router.batch([`address delete ${ROUTER}/24 dev gw0`, "address add 10.77.0.10/31 dev gw0"]);
  await lab.upstream.ip("address", "add", `${addressOf(2)}/32`, "dev", "lo");
  lab.serve(lab.upstream, addressOf(2));
  const daemon = lab.start();
  await daemon.log.next(/gateway 10\.77\.0\.12 up/);
  await lab.untilRouted([1]);
  await daemon.log.next(/level=warn.*10\.77\.0\.12/);
  await daemon.untilMetrics("one unusable gateway", (it) => it.value("gateways_refused_count") === 1);

  await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
  await lab.untilRouted([1, 2]);
  await daemon.untilMetrics("no unusable gateway", (it) => it.value("gateways_refused_count") === 0);
});

test("a gateway that the kernel rejects as a nexthop is left out of the route until the kernel accepts it", async () => {
  const lab = await openLab();
  // The kernel's check of a nexthop skips routes with a wider scope than `link`; probes use them.
  await lab.router.batch(["address delete 10.77.0.1/24 dev gw0", `address add ${ROUTER}/30 dev gw0`]);
  await lab.router.batch([
    ...[1, 2].map((number) => `route add ${addressOf(number)}/32 dev gw0 scope link`),
    `route add ${addressOf(3)}/32 dev gw0 scope global`,
  ]);
  const daemon = lab.start();
  await daemon.log.next(new RegExp(`level=warn.*left out.*${addressOf(3)}`));
  await lab.untilRouted([1, 2]);
  await lab.router.ip("route", "replace", `${addressOf(3)}/32`, "dev", "gw0", "scope", "link");
  await lab.router.ip("address", "add", "10.77.0.250/32", "dev", "gw0");
  await lab.untilRouted([1, 2, 3]);
});

test("a gateway that moves to another interface by a route alone is followed there at once", async () => {
  const lab = await openLab();
  await lab
    .gatewaySpace(3)
    .batch([`link add other0 type veth peer name other3 netns ${lab.router.name}`, "link set other0 up"]);
  await lab.router.ip("link", "set", "other3", "up");
  const daemon = lab.start();
  await lab.untilRouted([1, 2, 3]);
  // Then the service has read the kernel after its own change, and the next event is that of the route.
  const cycles = (await daemon.metrics()).value("check_cycles_total");
  await daemon.untilMetrics("two more rounds", (it) => it.value("check_cycles_total") >= cycles + 2);
  await lab.router.ip("route", "add", `${addressOf(3)}/32`, "dev", "other3", "scope", "link");
  const devices = async (): Promise<unknown> => (await lab.managedRoute())?.nexthops?.map(({ dev }) => dev);
  const isMoved = (found: unknown): boolean => Bun.deepEquals(found, ["gw0", "gw0", "other3"]);
  await lab.until("the nexthop of gateway 3 to be on other3", devices, isMoved, 5000); // the slow reading comes after 15 s
});

test("an interface or address that flaps for milliseconds is no fight with another program", async () => {
  const { lab, daemon, before } = await openReadyLab();
  for (let flap = 0; flap < 12; flap++) {
    await lab.router.batch(
      flap % 2 === 0
        ? ["link set gw0 down", "link set gw0 up"]
        : [`address delete ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/24 dev gw0`],
    );
    await lab.untilSnapshot(before);
  }
  expect(daemon.log.matching(/another program/)).toEqual([]);
  expect((await daemon.metrics()).value("routing_conflicts_total")).toBe(0);
});

test("interfaces of containers that come and go cause no probe, and one that leads to the gateways does", async () => {
  const lab = await openLab({ gateways: 1 });
  const daemon = lab.start({ "check-period": "60s", timeout: "1s" });
  await lab.untilRouted([1]);
  await daemon.untilReady();
  const probes = (): number => lab.gateway(1).requests.length;
  const before = probes();
  const { events } = await lab.monitor();
  for (let container = 0; container < 30; container++) {
    await lab.router.batch([
      `link add c${container} type bridge`,
      `link set c${container} up`,
      `link delete c${container}`,
    ]);
  }
  await events.next(/Deleted \d+: c29:/);
  await lab.router.ip("link", "set", "gw0", "mtu", "1400");
  await lab.untilCount("a probe", probes, before + 1);
  expect(probes()).toBe(before + 1);
});

test("a healthy gateway address that is the router's own is left out of the route", async () => {
  const lab = await openLab();
  lab.gateway(2).becomes(answering(500));
  await lab.router.ip("address", "add", `${addressOf(2)}/24`, "dev", "gw0");
  lab.serve(lab.router, addressOf(2));
  const daemon = lab.start();
  await daemon.log.next(/gateway 10\.77\.0\.12 up/);
  await daemon.log.next(/level=warn.*10\.77\.0\.12/);
  await lab.untilRouted([1, 3]);
});

test("repairs are delayed, with one warning, while another program deletes the rule repeatedly", async () => {
  const { lab, daemon } = await openReadyLab();
  const { events } = await lab.monitor();
  const deleteRule = (): Promise<string> => lab.router.ip("rule", "delete", "preference", String(PREFERENCE));
  let deletions = 0;
  let deleting = true;
  events.onLine(({ text }) => {
    if (!deleting || !text.startsWith(`[RULE]${PREFERENCE}:`)) return;
    deletions += 1;
    void deleteRule();
  });
  await deleteRule();
  await daemon.log.next(/another program keeps undoing/);

  const start = await daemon.metrics();
  const end = await daemon.untilMetrics("ten more rounds", (it) => {
    return it.value("check_cycles_total") >= start.value("check_cycles_total") + 10;
  });
  expect(end.value("ip_commands_total") - start.value("ip_commands_total")).toBeLessThan(50);
  expect(end.value("routing_conflicts_total")).toBe(1);
  expect(daemon.log.matching(/another program keeps undoing/)).toHaveLength(1);
  expect(deletions).toBeLessThan(15);

  deleting = false;
  await lab.untilRule();
  await daemon.untilReady();
});

test("a foreign route in place of the managed one is left alone, and the managed route is added when it is removed", async () => {
  const lab = await openLab();
  await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
  const daemon = lab.start();
  await daemon.untilMetrics("a conflict", (it) => it.value("routing_conflicts_total") >= 1);
  await daemon.untilMetrics("three rounds", (it) => it.value("check_cycles_total") >= 3);
  const foreign = (await lab.routes()).filter(({ dst }) => dst === "default");
  expect(foreign).toMatchObject([{ protocol: "boot", nexthops: [{ gateway: UPSTREAM }] }]);
  expect(await daemon.get("/readyz")).toMatchObject({ status: 503 });

  await lab.router.ip("route", "delete", "default", "table", "180");
  await lab.untilRouted([1, 2, 3]);
  await daemon.untilReady();
});

test("a killed ip monitor is restarted, and a rule that is deleted afterwards is restored", async () => {
  const { lab, daemon } = await openReadyLab();
  const monitors = (): number[] =>
    daemon.children.flatMap(({ pid, command }) => (command.includes("monitor") ? [pid] : []));
  const [first] = await lab.until("an ip monitor", monitors, (pids) => pids.length === 1);
  endProcess(first!);
  await lab.until("another ip monitor", monitors, (pids) => pids.length === 1 && pids[0] !== first);
  await lab.router.ip("rule", "delete", "preference", String(PREFERENCE));
  await lab.untilRouted([1, 2, 3]);
});

test("a gateway leaves and enters the route with the carrier of its link, before any probe ends", async () => {
  const lab = await openLab();
  await lab.giveLink(3);
  lab.start({ "check-period": "25s", timeout: "25s", fall: 3 });
  await lab.untilRouted([1, 2, 3]);
  await lab.gatewaySpace(3).ip("link", "set", "eth0", "down");
  await lab.untilRouted([1, 2]);
  await lab.gatewaySpace(3).ip("link", "set", "eth0", "up");
  await lab.untilRouted([1, 2, 3]);
});
