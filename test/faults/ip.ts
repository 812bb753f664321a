/** Faults of `ip`, by which the service reads and changes the kernel. */
import { expect } from "bun:test";
import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { endProcess, refusing } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** A replacement for `ip` that does something else while it is turned on. */
const faulty = (scene: Scene, script: string) =>
  scene.lab.fakeIp(`if [ -e "$0.on" ]; then\n${script}\nfi\nexec $IP "$@"`);

/** Time in which an error that is logged again and again would show, in ms: two check periods. */
const REPETITION_MS = 2000;

/** Time after the start of ip monitor in which the service itself reads the kernel once, in ms. */
const START_MS = 2000;

const isHanging = (children: readonly { command: string }[]): boolean =>
  children.some(({ command }) => command.startsWith("sleep 600"));

interface Broken {
  readonly name: string;
  /** Lines of a shell script; where they do not end the script, the real `ip` is run after them. */
  readonly script: string;
  /** What is logged once. */
  readonly logs: RegExp;
}

/** A gateway fails while `ip` does not work: the route stays as it is, and is updated when `ip` works again. */
function broken({ name, script, logs }: Broken): Fault {
  return {
    name: `ip ${name} while a gateway fails`,
    promise: "one error is logged; the route is updated when ip works again",
    async run(scene) {
      const ip = faulty(scene, script);
      const daemon = await scene.settle({}, { env: ip.env });
      ip.turnOn();
      scene.lab.gateway(2).becomes(refusing);
      await scene.logsOnce(logs);
      await Bun.sleep(REPETITION_MS);
      await daemon.untilRounds(1);
      expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      const seen = await scene.routeUnchanged();
      ip.turnOff();
      return `${seen}; then ${await scene.timed("updated", () => scene.untilHealthy([1, 3]))}`;
    },
  };
}

/** Cases of a shell script for the runs of `ip` that change the kernel, in contrast to those that only read it. */
const CHANGING = `*-force*) ;; *" -batch "*|*route*|*rule*)`;

export const ipFaults: readonly Fault[] = [
  broken({ name: "hangs", script: "exec sleep 600", logs: /level=error msg="ip did not exit within/ }),
  broken({
    name: "hangs in runs that change something",
    script: `case "$*" in ${CHANGING} exec sleep 600 ;; esac`,
    logs: /level=error msg="ip did not exit within/,
  }),
  broken({
    name: "exits with status 1",
    script: "exit 1",
    logs: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "succeeds without doing anything",
    script: "exit 0",
    logs: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "prints random bytes",
    script: "head -c 10000 /dev/urandom; exit 0",
    logs: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "prints without end",
    script: "exec cat /dev/zero",
    logs: /level=error msg="ip printed more than .*install iproute2/,
  }),
  broken({
    name: "prints half of its output",
    script: `case "$*" in *-j*) $IP "$@" | head -c 300; exit 0 ;; esac; exit 1`,
    logs: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({ name: "is killed (SIGKILL)", script: "kill -9 $$", logs: /level=error msg="ip was ended by SIGKILL/ }),
  broken({
    name: "is replaced with BusyBox's",
    script: 'exec busybox ip "$@"',
    logs: /level=error msg="ip is BusyBox.*install iproute2/,
  }),
  {
    name: "every run of ip takes half a second while a gateway fails",
    promise: "the route is updated, and a stop removes everything",
    async run(scene) {
      const ip = faulty(scene, "/bin/sleep 0.5");
      await scene.settle({}, { env: ip.env });
      ip.turnOn();
      scene.lab.gateway(2).becomes(refusing);
      return scene.timed("updated", () => scene.untilHealthy([1, 3]));
    },
  },
  {
    name: "ip is missing while a gateway fails",
    promise: "one error is logged; the route is updated when ip is present again",
    async run(scene) {
      const { env } = scene.lab.fakeIp('exec $IP "$@"');
      const file = `${env.PATH.split(":")[0]}/ip`;
      await scene.settle({}, { env: { PATH: dirname(file) } });
      renameSync(file, `${file}.gone`);
      scene.lab.gateway(2).becomes(refusing);
      await scene.logsOnce(/level=error msg="cannot run ip: there is no such command; install iproute2/);
      await Bun.sleep(REPETITION_MS);
      expect(existsSync(file)).toBe(false);
      const seen = await scene.routeUnchanged();
      renameSync(`${file}.gone`, file);
      return `${seen}; then ${await scene.timed("updated", () => scene.untilHealthy([1, 3]))}`;
    },
  },
  ...[
    ["hangs without output", "exec sleep 600", undefined],
    ["exits at once", "exit 0", /level=error msg="ip monitor keeps exiting/],
    [
      "prints random bytes and exits",
      "head -c 10000 /dev/urandom; exit 1",
      /level=error msg="ip monitor keeps exiting/,
    ],
    ["prints empty lines without end", "exec tr '\\0' '\\n' </dev/zero", /ip monitor keeps exiting: .*not iproute2/],
    ["prints one line without end", "exec cat /dev/zero", /ip monitor keeps exiting: .*not iproute2/],
  ].map(([what, script, logs]): Fault => {
    return {
      name: `ip monitor ${what}`,
      promise: "a flushed table is restored within 15 s",
      async run(scene) {
        const ip = faulty(scene, `case "$*" in *monitor*) ${script as string} ;; esac`);
        const daemon = await scene.settle({}, { env: ip.env });
        ip.turnOn();
        endProcess(daemon.children[0]!.pid);
        if (logs) await scene.logsOnce(logs as RegExp);
        else {
          await scene.lab.until("the hanging ip monitor", () => daemon.children, isHanging);
          await Bun.sleep(START_MS);
        }
        await scene.lab.router.ip("route", "flush", "table", "180");
        const seen = await scene.timed("restored", () => scene.lab.untilRouted(scene.healthy));
        ip.turnOff();
        // The replacement still hangs or prints; ending it is not a task of the service.
        for (const { pid, command } of daemon.children) if (!/ monitor /.test(command)) endProcess(pid);
        return seen;
      },
    };
  }),
  {
    name: "ip monitor is killed six times",
    promise: "it is restarted, and a flushed table is restored",
    async run(scene) {
      const daemon = await scene.settle();
      const killed = new Set<number>();
      const monitor = () => daemon.children.find(({ pid, command }) => / monitor /.test(command) && !killed.has(pid));
      while (killed.size < 6) {
        const { pid } = (await scene.lab.until("another ip monitor", monitor, Boolean))!;
        endProcess(pid);
        killed.add(pid);
      }
      await scene.lab.router.ip("route", "flush", "table", "180");
      return scene.timed("restored", () => scene.lab.untilRouted(scene.healthy));
    },
  },
];
