/** What others do to the routes, the rules and the interfaces. */
import { expect } from "bun:test";
import { addressOf, PREFERENCE, refusing, ROUTER, UPSTREAM } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";

/** Everything is as before once this has been done, and stays so. */
function healed(name: string, lines: readonly string[]): Fault {
  return {
    name,
    promise: "put right at once, and told once",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const before = await lab.snapshot();
      await lab.router.batch([...lines]);
      const seen = await scene.timed("right", () =>
        lab.until(
          "all as before",
          () => lab.snapshot(),
          (now) => now === before,
        ),
      );
      await scene.tells(/level=warn msg=".* removed or altered by another program; restored/);
      return seen;
    },
  };
}

/** The interface to the gateways does something, and comes back. */
function returned(name: string, away: readonly string[], back: readonly string[]): Fault {
  return {
    name,
    promise: "the routes go and return with it",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.batch([...away]);
      await lab.untilRouted([]);
      await lab.router.batch([...back]);
      return scene.timed("right", () => lab.untilRouted(scene.healthy));
    },
  };
}

/** Many changes of other routes at once. */
function storm(where: string, table: number): Fault {
  const routes = (verb: string): string[] =>
    Array.from(
      { length: 20_000 },
      (_, index) =>
        `route ${verb} 9.${index >> 14}.${(index >> 6) & 255}.${(index & 63) * 4}/30 via ${UPSTREAM} table ${table}`,
    );
  return {
    name: `20,000 routes come and go in ${where}`,
    promise: "a gateway that dies meanwhile leaves at once",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      lab.gateway(2).becomes(refusing);
      const storm = lab.router.batch([...routes("add"), ...routes("delete")]);
      const seen = await scene.timed("gone", () => scene.untilHealthy([1, 3]));
      await storm;
      await daemon.untilRounds(2);
      return `${seen}, +${scene.memoryGrowth} MiB`;
    },
  };
}

export const kernelFaults: readonly Fault[] = [
  healed("the rule is deleted", [`rule delete preference ${PREFERENCE}`]),
  healed("the table is flushed", ["route flush table 180"]),
  healed("the managed route is replaced", [`route replace default via ${UPSTREAM} table 180`]),
  healed("all rules and routes that are not its own are removed (systemd-networkd)", [
    `rule delete preference ${PREFERENCE}`,
    "route flush table 180",
  ]),
  {
    name: "the same again and again, every 100 ms for 5 s",
    promise: "backs off, warns, and is right soon after the end",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      const commands = (await daemon.metrics()).value("ip_commands_total");
      const end = performance.now() + 5000;
      while (performance.now() < end) {
        await lab.router.ip("rule", "delete", "preference", String(PREFERENCE)).catch(() => {});
        await lab.router.ip("route", "flush", "table", "180");
        await Bun.sleep(100);
      }
      const seen = await scene.timed("right", () => lab.untilRouted(scene.healthy));
      scene.mostComplaints = 25; // five free repairs, and one by one what waits
      const warnings = daemon.log.matching(/level=warn msg="another program keeps undoing/).length;
      expect(warnings).toBeGreaterThanOrEqual(1);
      expect(warnings).toBeLessThanOrEqual(3); // the rule and the routes may come to it at different times
      const runs = (await daemon.metrics()).value("ip_commands_total") - commands;
      return `${seen}, with ${runs} runs of ip`;
    },
  },
  {
    name: "a route of somebody else with another metric in the table",
    promise: "is left alone",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const foreign = ["default", "via", UPSTREAM, "table", "180", "metric", "7"];
      await lab.router.ip("route", "add", ...foreign);
      await scene.daemon.untilRounds(2);
      const found = (await lab.routes()).filter(({ metric }) => metric === 7);
      expect(found).toHaveLength(1);
      await lab.router.ip("route", "delete", ...foreign);
      return "both stood side by side";
    },
  },
  {
    name: "somebody else's route stands where the managed one should, at the start",
    promise: "is left alone; the rule is added when it goes",
    async run(scene) {
      const { lab } = scene;
      await lab.router.ip("route", "add", "default", "via", UPSTREAM, "table", "180");
      const daemon = scene.start();
      await daemon.log.next(/level=warn msg="cannot set route 0\.0\.0\.0\/0: another program has .*; remove it/);
      await daemon.untilRounds(2);
      const rules = await lab.rules();
      expect(rules.filter(({ priority }) => priority === PREFERENCE)).toEqual([]);
      await lab.router.ip("route", "delete", "default", "table", "180");
      const seen = await scene.timed("right", () => lab.untilRouted(scene.healthy));
      await scene.rest();
      return seen;
    },
  },
  {
    name: "a second instance on the same table",
    promise: "refuses to start, with the remedy; the first goes on",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const { status, complaint } = await lab.start({ "metrics-port": 9191 }).ended();
      expect(status).toBe(1);
      expect(complaint).toMatch(/another instance manages table 180; .*-first-routing-table-id/);
      return scene.calm();
    },
  },
  {
    name: "a second instance with a table of its own starts, works and stops",
    promise: "neither touches the other's",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const place = { "first-routing-table-id": 200, "first-rule-preference": 9000, "metrics-port": 9191 };
      const other = lab.start({ route: "9.0.0.0/8", ...place });
      await other.untilReady();
      expect((await other.stop()).status).toBe(0);
      return scene.calm();
    },
  },
  storm("another table", 99),
  storm("its own table", 180),
  returned("the interface goes down and up", ["link set gw0 down"], ["link set gw0 up"]),
  returned(
    "the interface's address is removed and added",
    [`address delete ${ROUTER}/24 dev gw0`],
    [`address add ${ROUTER}/24 dev gw0`],
  ),
  {
    name: "the interface is deleted and made anew",
    promise: "the routes go and return with it",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.unplugGateways();
      await lab.untilRouted([]);
      await lab.plugGateways();
      return scene.timed("right", () => lab.untilRouted(scene.healthy));
    },
  },
  {
    name: "the interface gets another name",
    promise: "the routes follow",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.batch(["link set gw0 down", "link set gw0 name uplink0", "link set uplink0 up"]);
      const devices = async () => new Set((await lab.managedRoute())?.nexthops.map(({ dev }) => dev));
      const follows = (name: string) =>
        lab.until(`routes through ${name}`, devices, (names) => [...names].join() === name);
      const seen = await scene.timed("right", () => follows("uplink0"));
      await lab.router.batch(["link set uplink0 down", "link set uplink0 name gw0", "link set gw0 up"]);
      await follows("gw0");
      return seen;
    },
  },
  {
    name: "the interface gets another MTU",
    promise: "nothing changes",
    async run(scene) {
      const { lab } = scene;
      const daemon = await scene.settle();
      await lab.router.ip("link", "set", "gw0", "mtu", "1400");
      await daemon.untilRounds(2);
      return scene.calm();
    },
  },
  {
    name: "an address of the router moves to the number of a gateway",
    promise: "that gateway is left out, and told",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      await lab.router.ip("address", "add", `${addressOf(2)}/32`, "dev", "gw0");
      await scene.untilHealthy([1, 3]);
      await scene.tells(/level=warn msg="left out as nexthop: 10\.77\.0\.12: it is an address of this machine itself/);
      await lab.router.ip("address", "delete", `${addressOf(2)}/32`, "dev", "gw0");
      return scene.timed("back", () => scene.untilHealthy([1, 2, 3]));
    },
  },
  {
    name: "IPv6 is turned off (sysctl disable_ipv6)",
    promise: "metrics and health are served over IPv4 all the same",
    async run(scene) {
      scene.lab.router.tune({ "ipv6/conf/all/disable_ipv6": 1 });
      const daemon = await scene.settle({ "metrics-address": "all" });
      expect(await daemon.get("/healthz", ROUTER)).toMatchObject({ status: 200 });
      return scene.calm();
    },
  },
];
