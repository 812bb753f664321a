/** The faults of the random walk: each begins, overlaps with others, and ends. */
import { rmSync, writeFileSync } from "node:fs";
import {
  answering,
  type Behaviour,
  dripping,
  endProcess,
  garbling,
  hanging,
  type Lab,
  PREFERENCE,
  refusing,
  resetting,
  ROUTER,
  UPSTREAM,
} from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Random } from "./random.ts";
import { openClients } from "./http.ts";
import type { Scene } from "./scene.ts";

/** What a disturbance acts on. */
export interface Ground {
  readonly scene: Scene;
  readonly lab: Lab;
  readonly random: Random;
  /** Sets how the replacement for `ip` behaves; undefined: like the real one. */
  setIp(mode: string | undefined): void;
  /** Starts the service again, as a service manager does. */
  restart(): void;
}

export interface Disturbance {
  readonly name: string;
  /** Only one disturbance of a group is active at a time. */
  readonly group: string;
  /** Begins and returns the function that ends it. Rejects where its target does not exist at the moment. */
  begin(ground: Ground): Promise<(() => Promise<unknown> | void) | void>;
}

const BAD: readonly Behaviour[] = [refusing, hanging, resetting, garbling, answering(500), dripping(50)];

/** The modes of the replacement for `ip`, as cases of a shell script. */
export const IP_MODES = {
  hangs: "exec sleep 600",
  fails: "exit 1",
  "prints wrong JSON": "echo '[{]'; exit 0",
  "does nothing": "exit 0",
  "is killed": "kill -9 $$",
  "is slow": "sleep 0.3",
  "fails at random": "[ $(($$ % 2)) = 0 ] && exit 2",
} as const;

/** A single change that is not undone. */
const once = (name: string, lines: readonly string[]): Disturbance => ({
  name,
  group: name,
  begin: ({ lab }) => lab.router.batch([...lines]),
});

/** A change of the interface that is undone at the end. */
const link = (name: string, away: string, back: string): Disturbance => ({
  name,
  group: "interface",
  async begin({ lab }) {
    await lab.router.ip(...away.split(" "));
    return () => lab.router.ip(...back.split(" "));
  },
});

const routeFlood = (table: number): Disturbance => ({
  name: `2,000 foreign routes are added and deleted in table ${table}`,
  group: `routes in table ${table}`,
  async begin({ lab }) {
    const routes = Array.from(
      { length: 2000 },
      (_, index) => `route add 9.1.${index >> 6}.${(index & 63) * 4}/30 via ${UPSTREAM} table ${table}`,
    );
    await lab.router.batch(routes);
    return () => lab.router.ip("route", "flush", "table", String(table), "proto", "boot").catch(() => {}); // flushed already
  },
});

export const DISTURBANCES: readonly Disturbance[] = [
  ...[0, 1, 2].map((number): Disturbance => ({
    name: "a gateway fails",
    group: `gateway ${number}`,
    async begin({ lab, random }) {
      random.pick(lab.gateways).becomes(random.pick(BAD));
      return () => random.pick(lab.gateways).becomes(answering(200));
    },
  })),
  {
    name: "all gateways fail",
    group: "all gateways",
    async begin({ lab, random }) {
      for (const gateway of lab.gateways) gateway.becomes(random.pick(BAD));
    },
  },
  once("another program deletes the rule", [`rule delete preference ${PREFERENCE}`]),
  once("another program flushes the table", ["route flush table 180"]),
  once("another program deletes the managed route", ["route delete default table 180"]),
  {
    name: "another program replaces the managed route",
    group: "the managed route",
    async begin({ lab }) {
      const route = ["default", "via", UPSTREAM, "table", "180", "proto", "static"];
      await lab.router.ip("route", "replace", ...route);
      // Where there was no managed route to replace, it is a foreign route, which the service leaves alone.
      return () => lab.router.ip("route", "delete", ...route).catch(() => {});
    },
  },
  once("another program deletes an exclusion", ["route delete throw 10.0.0.0/8 table 180"]),
  once("the neighbour table is flushed", ["neighbour flush dev gw0"]),
  link("the interface goes down", "link set gw0 down", "link set gw0 up"),
  link("the interface loses its address", `address delete ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/24 dev gw0`),
  link("the MTU of the interface is changed", "link set gw0 mtu 1400", "link set gw0 mtu 1500"),
  {
    name: "the interface is deleted",
    group: "interface",
    async begin({ lab }) {
      await lab.unplugGateways();
      return () => lab.plugGateways();
    },
  },
  routeFlood(99),
  routeFlood(180),
  ...Object.keys(IP_MODES).map((mode): Disturbance => ({
    name: `ip ${mode}`,
    group: "ip",
    async begin({ setIp }) {
      setIp(mode);
      return () => setIp(undefined);
    },
  })),
  {
    name: "ip monitor is killed",
    group: "monitor",
    async begin({ scene }) {
      for (const { pid, command } of scene.daemon.children) if (/ monitor /.test(command)) endProcess(pid);
    },
  },
  {
    name: "the process is stopped (SIGSTOP)",
    group: "process",
    async begin({ scene: { daemon } }) {
      daemon.signal("SIGSTOP");
      return () => daemon.signal("SIGCONT");
    },
  },
  {
    name: "the process has no free file descriptor",
    group: "process",
    async begin({ scene: { daemon } }) {
      const { pid } = daemon;
      await run(["prlimit", "--pid", String(pid), "--nofile=3:"]);
      return () => run(["prlimit", "--pid", String(pid), "--nofile=1024:"]);
    },
  },
  ...(["SIGKILL", "SIGTERM"] as const).map((signal): Disturbance => ({
    name: `the process is ended (${signal}) and started again`,
    group: "process",
    async begin({ scene: { daemon }, restart }) {
      daemon.signal(signal);
      await daemon.gone();
      restart();
    },
  })),
  {
    name: "300 clients request /metrics and do not read the response",
    group: "HTTP clients",
    async begin({ scene }) {
      const sockets = await openClients(scene, 300, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      return () => sockets.forEach((socket) => socket.terminate());
    },
  },
];

/** A replacement for `ip` whose mode is set by a file. */
export function changeableIp(lab: Lab): { env: { PATH: string }; setIp(mode: string | undefined): void } {
  const cases = Object.entries(IP_MODES).map(([mode, script]) => `"${mode}") ${script} ;;`);
  const ip = lab.fakeIp(`case "$(cat "$0.mode" 2>/dev/null)" in\n${cases.join("\n")}\nesac\nexec $IP "$@"`);
  const file = `${ip.env.PATH.split(":")[0]}/ip.mode`;
  return {
    env: ip.env,
    setIp: (mode) => (mode === undefined ? rmSync(file, { force: true }) : writeFileSync(file, mode)),
  };
}
