/** Changes of routes, rules and interfaces by other programs, and other instances. */
import { expect } from "bun:test";
import { addressOf, PREFERENCE, refusing, ROUTER, UPSTREAM } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";

/** These changes by another program are undone. */
function restored(name: string, lines: readonly string[]): Fault {
  return {
    name,
    promise: "rules and routes are restored at once; one warning is logged",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const before = await lab.snapshot();
      await lab.router.batch([...lines]);
      const seen = await scene.timed("restored", () => lab.untilSnapshot(before));
      await scene.logsOnce(/level=warn msg=".* removed or altered by another program; restored/);
      return seen;
    },
  };
}

/** The interface to the gateways becomes unusable, and usable again. */
function interfaceChange(name: string, away: readonly string[], back: readonly string[]): Fault {
  return {
    name,
    promise: "the route is removed and restored with it",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.batch([...away]);
      await lab.untilRouted([]);
      await lab.router.batch([...back]);
      return scene.timed("restored", () => lab.untilRouted(scene.healthy));
    },
  };
}

/** Many changes of foreign routes at once. */
function routeFlood(where: string, table: number): Fault {
  const routes = (verb: string): string[] =>
    Array.from(
      { length: 20_000 },
      (_, index) =>
        `route ${verb} 9.${index >> 14}.${(index >> 6) & 255}.${(index & 63) * 4}/30 via ${UPSTREAM} table ${table}`,
    );
  return {
    name: `20,000 foreign routes are added and deleted in ${where}`,
    promise: "a gateway that fails meanwhile leaves the route at once",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      lab.gateway(2).becomes(refusing);
      const flood = lab.router.batch([...routes("add"), ...routes("delete")]);
      const seen = await scene.timed("route updated", () => scene.untilHealthy([1, 3]));
      await flood;
      await daemon.untilRounds(2);
      return `${seen}, ${scene.memoryText}`;
    },
  };
}

export const kernelFaults: readonly Fault[] = [
  restored("another program deletes the rule", [`rule delete preference ${PREFERENCE}`]),
  restored("another program flushes the table", ["route flush table 180"]),
  restored("another program replaces the managed route", [`route replace default via ${UPSTREAM} table 180`]),
  restored("another program removes all foreign rules and routes (systemd-networkd)", [
    `rule delete preference ${PREFERENCE}`,
    "route flush table 180",
  ]),
  {
    name: "another program removes rules and routes every 100 ms for 5 s",
    promise: "repairs are delayed and a warning is logged; all is restored soon after the end",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const commands = (await daemon.metrics()).value("ip_commands_total");
      const end = performance.now() + 5000;
      while (performance.now() < end) {
        await lab.router.ip("rule", "delete", "preference", String(PREFERENCE)).catch(() => {});
        await lab.router.ip("route", "flush", "table", "180");
        await Bun.sleep(100); // ms: the fault itself
      }
      const seen = await scene.timed("restored", () => lab.untilRouted(scene.healthy));
      scene.mostWarnings = 25; // five repairs without delay, and then the delayed ones one by one
      const warnings = daemon.log.matching(/level=warn msg="another program keeps undoing/).length;
      expect(warnings).toBeGreaterThanOrEqual(1);
      expect(warnings).toBeLessThanOrEqual(3); // rule and routes may reach the limit at different times
      const runs = (await daemon.metrics()).value("ip_commands_total") - commands;
      return `${seen}, with ${runs} runs of ip`;
    },
  },
  {
    name: "another program adds a route with another metric to the table",
    promise: "it is left alone",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const foreign = ["default", "via", UPSTREAM, "table", "180", "metric", "7"];
      await lab.router.ip("route", "add", ...foreign);
      await scene.daemon.untilRounds(2);
      const found = (await lab.routes()).filter(({ metric }) => metric === 7);
      expect(found).toHaveLength(1);
      await lab.router.ip("route", "delete", ...foreign);
      return "both routes existed side by side";
    },
  },
  {
    name: "a foreign route is in place of the managed one at the start",
    promise: "it is left alone; the rule is added after its removal",
    async run(scene) {
      const { lab } = scene;
      await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
      const daemon = scene.start();
      await daemon.log.next(/level=warn msg="cannot set route 0\.0\.0\.0\/0: another program has .*; remove it/);
      await daemon.untilRounds(2);
      const rules = await lab.rules();
      expect(rules.filter(({ priority }) => priority === PREFERENCE)).toEqual([]);
      await lab.router.ip("route", "delete", "default", "table", "180");
      const seen = await scene.timed("added", () => lab.untilRouted(scene.healthy));
      await scene.rest();
      return seen;
    },
  },
  {
    name: "a second instance is started with the same table",
    promise: "its start fails and names the remedy; the first continues",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const { status, stderr } = await lab.start({ "metrics-port": 9191 }).ended();
      expect(status).toBe(1);
      expect(stderr).toMatch(/another instance manages table 180 \(.*\); .*-first-routing-table-id/);
      return scene.unchanged();
    },
  },
  {
    name: "a second instance with a table of its own starts and stops",
    promise: "neither changes the rules and routes of the other",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const numbers = { "first-routing-table-id": 200, "first-rule-preference": 9000, "metrics-port": 9191 };
      const other = lab.start({ route: "9.0.0.0/8", ...numbers });
      await other.untilReady();
      expect((await other.stop()).status).toBe(0);
      return scene.unchanged();
    },
  },
  routeFlood("another table", 99),
  routeFlood("the managed table", 180),
  interfaceChange("the interface to the gateways goes down and up", ["link set gw0 down"], ["link set gw0 up"]),
  interfaceChange(
    "the interface loses its address and has it again",
    [`address delete ${ROUTER}/24 dev gw0`],
    [`address add ${ROUTER}/24 dev gw0`],
  ),
  {
    name: "the interface goes down and up within milliseconds, 12 times",
    promise: "the route is restored at once each time, and no other program is blamed",
    async run(scene) {
      const { lab, daemon } = { lab: scene.lab, daemon: await scene.settle() };
      const before = await lab.snapshot();
      const seen = await scene.timed("all restored", async () => {
        for (let flap = 0; flap < 12; flap++) {
          await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
          await lab.untilSnapshot(before);
        }
      });
      expect(daemon.log.matching(/another program/)).toEqual([]);
      return seen;
    },
  },
  {
    name: "the interface goes down where the default route names only an interface, as with PPP",
    promise: "no packet to a managed destination leaves there (-when-no-gateways unreachable)",
    lab: { deviceDefault: true },
    async run(scene) {
      const { lab } = scene;
      await scene.settle({ "when-no-gateways": "unreachable" });
      const stream = await lab.traffic.stream({ flows: 16, packetsPerSecond: 500, limit: 100_000, lossy: true });
      await lab.router.ip("link", "set", "gw0", "down");
      await lab.untilRouted([]);
      await stream.more(1000);
      await lab.router.ip("link", "set", "gw0", "up");
      await lab.untilRouted(scene.healthy);
      const { sent, arrived } = await stream.stop();
      expect(arrived["upstream"]).toBeUndefined();
      return `none of ${sent} packets`;
    },
  },
  {
    name: "a gateway moves to another interface by a host route alone",
    promise: "the route follows at once",
    async run(scene) {
      const { lab } = scene;
      await lab
        .gatewaySpace(3)
        .batch([`link add other0 type veth peer name other3 netns ${lab.router.name}`, "link set other0 up"]);
      await lab.router.ip("link", "set", "other3", "up");
      await scene.settle();
      const device = async (): Promise<unknown> => (await lab.managedRoute())?.nexthops.at(-1)?.dev;
      const untilOn = (name: string) => lab.until(`the nexthop to be on ${name}`, device, (found) => found === name);
      const route = [`${addressOf(3)}/32`, "dev", "other3", "scope", "link"];
      await lab.router.ip("route", "add", ...route);
      const seen = await scene.timed("moved", () => untilOn("other3"));
      await lab.router.ip("route", "delete", ...route);
      await untilOn("gw0");
      return seen;
    },
  },
  {
    name: "the interface is deleted and created again",
    promise: "the route is removed and restored with it",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.unplugGateways();
      await lab.untilRouted([]);
      await lab.plugGateways();
      return scene.timed("restored", () => lab.untilRouted(scene.healthy));
    },
  },
  {
    name: "the interface is renamed",
    promise: "the route uses the new name",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.batch(["link set gw0 down", "link set gw0 name uplink0", "link set uplink0 up"]);
      const devices = async () => new Set((await lab.managedRoute())?.nexthops.map(({ dev }) => dev));
      const untilThrough = (name: string) =>
        lab.until(`the route through ${name}`, devices, (names) => [...names].join() === name);
      const seen = await scene.timed("restored", () => untilThrough("uplink0"));
      await lab.router.batch(["link set uplink0 down", "link set uplink0 name gw0", "link set gw0 up"]);
      await untilThrough("gw0");
      return seen;
    },
  },
  {
    name: "the MTU of the interface is changed",
    promise: "the route does not change",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      await lab.router.ip("link", "set", "gw0", "mtu", "1400");
      await daemon.untilRounds(2);
      return scene.unchanged();
    },
  },
  {
    name: "the router gets the address of a gateway",
    promise: "that gateway is left out; one warning is logged",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.ip("address", "add", `${addressOf(2)}/32`, "dev", "gw0");
      await scene.untilHealthy([1, 3]);
      await scene.logsOnce(
        /level=warn msg="left out as nexthop: 10\.77\.0\.12: it is an address of this machine itself/,
      );
      await lab.router.ip("address", "delete", `${addressOf(2)}/32`, "dev", "gw0");
      return scene.timed("in the route again", () => scene.untilHealthy([1, 2, 3]));
    },
  },
  {
    name: "IPv6 is disabled (sysctl disable_ipv6)",
    promise: "metrics and health checks are served over IPv4",
    async run(scene) {
      scene.lab.router.tune({ "ipv6/conf/all/disable_ipv6": 1 });
      const daemon = await scene.settle({ "metrics-address": "all" });
      expect(await daemon.get("/healthz", ROUTER)).toMatchObject({ status: 200 });
      return scene.unchanged();
    },
  },
];
