/** What becomes of `ip`, through which everything goes to the kernel. */
import { expect } from "bun:test";
import { existsSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { endProcess, refusing } from "../e2e/lab/index.ts";
import type { Fault } from "./fault.ts";
import type { Scene } from "./scene.ts";

/** A stand-in for `ip` that does something else while it is turned on. */
const faulty = (scene: Scene, script: string) =>
  scene.lab.fakeIp(`if [ -e "$0.on" ]; then\n${script}\nfi\nexec $IP "$@"`);

interface Broken {
  readonly name: string;
  /** What `ip` does, as lines of a shell script; what they do not end goes on as usual. */
  readonly script: string;
  /** What the log says, once. */
  readonly tells: RegExp;
}

/** A gateway dies while `ip` does not work: nothing changes then, and all is right once it works. */
function broken({ name, script, tells }: Broken): Fault {
  return {
    name: `ip ${name} while a gateway dies`,
    promise: "is told once; right when it works again",
    async run(scene) {
      const ip = faulty(scene, script);
      const daemon = await scene.settle({}, { env: ip.env });
      ip.turnOn();
      scene.lab.gateway(2).becomes(refusing);
      await scene.tells(tells);
      await Bun.sleep(2000); // time for a flood
      await daemon.untilRounds(1);
      expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      const seen = scene.calmRoute();
      ip.turnOff();
      return `${seen}; then ${await scene.timed("right", () => scene.untilHealthy([1, 3]))}`;
    },
  };
}

/** Only what changes the kernel, not what reads it. */
const CHANGING = `*-force*) ;; *" -batch "*|*route*|*rule*)`;

export const ipFaults: readonly Fault[] = [
  broken({ name: "hangs", script: "exec sleep 600", tells: /level=error msg="ip did not exit within/ }),
  broken({
    name: "hangs only when it changes something",
    script: `case "$*" in ${CHANGING} exec sleep 600 ;; esac`,
    tells: /level=error msg="ip did not exit within/,
  }),
  broken({
    name: "exits with 1",
    script: "exit 1",
    tells: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "succeeds and does nothing",
    script: "exit 0",
    tells: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "prints garbage",
    script: "head -c 10000 /dev/urandom; exit 0",
    tells: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({
    name: "prints without an end",
    script: "exec cat /dev/zero",
    tells: /level=error msg="ip printed more than .*install iproute2/,
  }),
  broken({
    name: "prints half of its answer",
    script: `case "$*" in *-j*) $IP "$@" | head -c 300; exit 0 ;; esac; exit 1`,
    tells: /level=error msg="unexpected output of ip: .*install iproute2/,
  }),
  broken({ name: "is killed (SIGKILL)", script: "kill -9 $$", tells: /level=error msg="ip was ended by SIGKILL/ }),
  broken({
    name: "is replaced by BusyBox's",
    script: 'exec busybox ip "$@"',
    tells: /level=error msg="ip is BusyBox.*install iproute2/,
  }),
  {
    name: "ip takes half a second for each run",
    promise: "the routes follow all the same, and a stop leaves nothing",
    async run(scene) {
      const ip = faulty(scene, "/bin/sleep 0.5");
      await scene.settle({}, { env: ip.env });
      ip.turnOn();
      scene.lab.gateway(2).becomes(refusing);
      return scene.timed("right", () => scene.untilHealthy([1, 3]));
    },
  },
  {
    name: "ip is missing while a gateway dies",
    promise: "is told once; right when it is there again",
    async run(scene) {
      const { env } = scene.lab.fakeIp('exec $IP "$@"');
      const file = `${env.PATH.split(":")[0]}/ip`;
      await scene.settle({}, { env: { PATH: dirname(file) } });
      renameSync(file, `${file}.gone`);
      scene.lab.gateway(2).becomes(refusing);
      await scene.tells(/level=error msg="cannot run ip: there is no such command; install iproute2/);
      await Bun.sleep(2000);
      expect(existsSync(file)).toBe(false);
      const seen = scene.calmRoute();
      renameSync(`${file}.gone`, file);
      return `${seen}; then ${await scene.timed("right", () => scene.untilHealthy([1, 3]))}`;
    },
  },
  ...[
    ["hangs without a word", "exec sleep 600", undefined],
    ["exits at once", "exit 0", /level=error msg="ip monitor keeps exiting/],
    ["prints garbage and exits", "head -c 10000 /dev/urandom; exit 1", /level=error msg="ip monitor keeps exiting/],
    ["prints garbage without an end", "exec tr '\\0' '\\n' </dev/zero", /ip monitor keeps exiting: .*not iproute2/],
    ["prints one line without an end", "exec cat /dev/zero", /ip monitor keeps exiting: .*not iproute2/],
  ].map(([what, script, tells]): Fault => {
    return {
      name: `ip monitor ${what}`,
      promise: "a flushed table is set again when the monitor works, or within 15 s",
      async run(scene) {
        const ip = faulty(scene, `case "$*" in *monitor*) ${script as string} ;; esac`);
        const daemon = await scene.settle({}, { env: ip.env });
        ip.turnOn();
        endProcess(daemon.children[0]!.pid);
        if (tells) await scene.tells(tells as RegExp);
        else await Bun.sleep(2000);
        await scene.lab.router.ip("route", "flush", "table", "180");
        const seen = await scene.timed("right", () => scene.lab.untilRouted(scene.healthy));
        ip.turnOff();
        // What still hangs or prints is not the service's to end.
        for (const { pid, command } of daemon.children) if (!/ monitor /.test(command)) endProcess(pid);
        return seen;
      },
    };
  }),
  {
    name: "ip monitor is killed six times",
    promise: "is started again, and a flushed table set again",
    async run(scene) {
      const daemon = await scene.settle();
      const monitors = () => daemon.children.filter(({ command }) => / monitor /.test(command));
      for (let time = 0; time < 6; time++) {
        const [monitor] = await scene.lab.until("an ip monitor", monitors, (all) => all.length > 0);
        endProcess(monitor!.pid);
        await Bun.sleep(50);
      }
      await scene.lab.router.ip("route", "flush", "table", "180");
      return scene.timed("right", () => scene.lab.untilRouted(scene.healthy));
    },
  },
];
