/** What the random walk does: each begins, overlaps with others, and ends. */
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
import { visit } from "./http.ts";
import type { Scene } from "./scene.ts";

/** What a disturbance acts on. */
export interface Ground {
  readonly scene: Scene;
  readonly lab: Lab;
  readonly random: Random;
  /** How the stand-in for `ip` behaves: as the real one unless told otherwise. */
  setIp(mode: string | undefined): void;
  /** Starts the service again, as a service manager does. */
  restart(): void;
}

export interface Disturbance {
  readonly name: string;
  /** Of those that share this, one is under way at a time. */
  readonly group: string;
  /** Begins; returns what ends it. What cannot be done just now, since something is missing, is not done. */
  begin(ground: Ground): Promise<(() => Promise<unknown> | void) | void>;
}

const BAD: readonly Behaviour[] = [refusing, hanging, resetting, garbling, answering(500), dripping(50)];

/** The ways of the stand-in for `ip`, as cases of a shell script. */
export const IP_MODES = {
  hangs: "exec sleep 600",
  fails: "exit 1",
  "prints garbage": "echo '[{]'; exit 0",
  "does nothing": "exit 0",
  dies: "kill -9 $$",
  "is slow": "sleep 0.3",
  "fails by chance": "[ $(($$ % 2)) = 0 ] && exit 2",
} as const;

/** Something that is done in a moment and not taken back. */
const once = (name: string, lines: readonly string[]): Disturbance => ({
  name,
  group: name,
  begin: ({ lab }) => lab.router.batch([...lines]),
});

/** Something about the interface that comes and goes. */
const link = (name: string, away: string, back: string): Disturbance => ({
  name,
  group: "interface",
  async begin({ lab }) {
    await lab.router.ip(...away.split(" "));
    return () => lab.router.ip(...back.split(" "));
  },
});

const storm = (table: number): Disturbance => ({
  name: `2,000 routes come and go in table ${table}`,
  group: `storm ${table}`,
  async begin({ lab }) {
    const routes = Array.from(
      { length: 2000 },
      (_, index) => `route add 9.1.${index >> 6}.${(index & 63) * 4}/30 via ${UPSTREAM} table ${table}`,
    );
    await lab.router.batch(routes);
    return () => lab.router.ip("route", "flush", "table", String(table), "proto", "boot").catch(() => {}); // or flushed
  },
});

export const DISTURBANCES: readonly Disturbance[] = [
  ...[0, 1, 2].map((number): Disturbance => ({
    name: `gateway ${["a", "b", "c"][number]} turns bad`,
    group: `gateway ${number}`,
    async begin({ lab, random }) {
      random.pick(lab.gateways).becomes(random.pick(BAD));
      return () => random.pick(lab.gateways).becomes(answering(200));
    },
  })),
  {
    name: "all gateways turn bad",
    group: "all gateways",
    async begin({ lab, random }) {
      for (const gateway of lab.gateways) gateway.becomes(random.pick(BAD));
    },
  },
  once("the rule is deleted", [`rule delete preference ${PREFERENCE}`]),
  once("the table is flushed", ["route flush table 180"]),
  once("the managed route is deleted", ["route delete default table 180"]),
  {
    name: "the managed route is replaced",
    group: "the managed route",
    async begin({ lab }) {
      const route = ["default", "via", UPSTREAM, "table", "180", "proto", "static"];
      await lab.router.ip("route", "replace", ...route);
      // Where none was managed just then it is somebody else's for good, and rightly left alone.
      return () => lab.router.ip("route", "delete", ...route).catch(() => {});
    },
  },
  once("an exclusion is deleted", ["route delete throw 10.0.0.0/8 table 180"]),
  once("the neighbours are forgotten", ["neighbour flush dev gw0"]),
  link("the interface goes down", "link set gw0 down", "link set gw0 up"),
  link("the address goes", `address delete ${ROUTER}/24 dev gw0`, `address add ${ROUTER}/24 dev gw0`),
  link("the MTU changes", "link set gw0 mtu 1400", "link set gw0 mtu 1500"),
  {
    name: "the interface is deleted",
    group: "interface",
    async begin({ lab }) {
      await lab.unplugGateways();
      return () => lab.plugGateways();
    },
  },
  storm(99),
  storm(180),
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
    name: "SIGSTOP",
    group: "process",
    async begin({ scene: { daemon } }) {
      daemon.signal("SIGSTOP");
      return () => daemon.signal("SIGCONT");
    },
  },
  {
    name: "no file descriptors",
    group: "process",
    async begin({ scene: { daemon } }) {
      const { pid } = daemon;
      await run(["prlimit", "--pid", String(pid), "--nofile=3:"]);
      return () => run(["prlimit", "--pid", String(pid), "--nofile=1024:"]);
    },
  },
  ...(["SIGKILL", "SIGTERM"] as const).map((signal): Disturbance => ({
    name: `${signal} and a new start`,
    group: "process",
    async begin({ scene: { daemon }, restart }) {
      daemon.signal(signal);
      await daemon.gone();
      restart();
    },
  })),
  {
    name: "300 visitors that do not read",
    group: "visitors",
    async begin({ scene }) {
      const visitors = await visit(scene, 300, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
      return () => visitors.forEach((visitor) => visitor.terminate());
    },
  },
];

/** A stand-in for `ip` whose way is set by a file. */
export function changeableIp(lab: Lab): { env: { PATH: string }; setIp(mode: string | undefined): void } {
  const cases = Object.entries(IP_MODES).map(([mode, script]) => `"${mode}") ${script} ;;`);
  const ip = lab.fakeIp(`case "$(cat "$0.mode" 2>/dev/null)" in\n${cases.join("\n")}\nesac\nexec $IP "$@"`);
  const file = `${ip.env.PATH.split(":")[0]}/ip.mode`;
  return {
    env: ip.env,
    setIp: (mode) => (mode === undefined ? rmSync(file, { force: true }) : writeFileSync(file, mode)),
  };
}
