/** What service managers, administrators and the kernel do to the process. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { endProcess, refusing, slow } from "../e2e/lab/index.ts";
import { run } from "../e2e/lab/namespace.ts";
import type { Fault } from "./fault.ts";
import { CALM, type Scene } from "./scene.ts";

export const processFaults: readonly Fault[] = [
  {
    name: "stopped for 10 s and continued (SIGSTOP, SIGCONT)",
    promise: "no gateway is taken for dead",
    lab: { gateways: 5 },
    async run(scene) {
      // Nearly always some probes are under way.
      for (const gateway of scene.lab.gateways) gateway.becomes(slow(600));
      const daemon = await scene.settle({ fall: 1 });
      daemon.signal("SIGSTOP");
      await Bun.sleep(10_000);
      daemon.signal("SIGCONT");
      await daemon.untilRounds(3);
      return scene.calm();
    },
  },
  {
    name: "stopped while a gateway dies and the table is flushed",
    promise: "both are seen at once when it goes on",
    async run(scene) {
      const daemon = await scene.settle();
      daemon.signal("SIGSTOP");
      scene.lab.gateway(2).becomes(refusing);
      await scene.lab.router.ip("route", "flush", "table", "180");
      await Bun.sleep(1000);
      daemon.signal("SIGCONT");
      return scene.timed("right", () => scene.untilHealthy([1, 3]));
    },
  },
  {
    name: "the clock is set forwards and back by hours",
    promise: "only the times in the log change",
    async run(scene) {
      const clock = scene.lab.file("clock", "+0");
      const fake = { FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };
      const env = { LD_PRELOAD: faketime(), ...fake };
      const daemon = await scene.settle({}, { env });
      for (const [step, hours] of [
        ["+5h", 5],
        ["-7h", -7],
        ["+0", 0],
      ] as const) {
        writeFileSync(clock, step);
        await daemon.untilRounds(3);
        const { text } = await daemon.log.next(/ msg="probe of /, daemon.log.mark());
        const told = Date.parse(/time=(\S+)/.exec(text)![1]!);
        expect(Math.abs(told - Date.now() - hours * 3_600_000)).toBeLessThan(60_000);
        expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      }
      scene.lab.gateway(1).becomes(refusing);
      await scene.untilHealthy([2, 3]);
      return `${scene.changes(1)}, for a gateway that died`;
    },
  },
  ...["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE"].map((name): Fault => ({
    name,
    promise: "goes on",
    async run(scene) {
      const daemon = await scene.settle();
      for (let time = 0; time < 5; time++) {
        daemon.signal(name as NodeJS.Signals);
        await Bun.sleep(20);
      }
      await daemon.untilRounds(2);
      return scene.calm();
    },
  })),
  {
    name: "killed (SIGKILL), and started again",
    promise: "the next start takes the routes over",
    async run(scene) {
      const daemon = await scene.settle();
      await daemon.kill();
      const second = scene.lab.start(CALM);
      await second.untilReady();
      await second.untilRounds(2);
      const seen = scene.calm();
      await scene.succeed(second);
      return seen;
    },
  },
  {
    name: "its processor time is used up (RLIMIT_CPU)",
    promise: "as after SIGKILL",
    async run(scene) {
      const daemon = await scene.settle();
      await limit(daemon.pid, "--cpu=1:1");
      const ended = daemon.gone();
      while (daemon.isRunning) await daemon.metrics().catch(() => {}); // to make it work
      await ended;
      const second = scene.lab.start(CALM);
      await second.untilReady();
      const seen = scene.calm();
      await scene.succeed(second);
      return seen;
    },
  },
  {
    name: "64 file descriptors at most",
    promise: "that is enough for 50 gateways",
    lab: { gateways: 50, shared: true },
    async run(scene) {
      const daemon = await scene.settle({}, { wrapper: ["prlimit", "--nofile=64"] });
      await daemon.untilRounds(2);
      return scene.calm();
    },
  },
  {
    name: "no file descriptor left while a gateway dies",
    promise: "nothing changes, is told once, and right when there are some again",
    async run(scene) {
      const daemon = await scene.settle();
      await limit(daemon.pid, "--nofile=3:");
      scene.lab.gateway(2).becomes(refusing);
      endProcess(daemon.children[0]!.pid); // its ip monitor, which cannot be started again
      await scene.tells(/level=error.*no socket, port or memory left.*ulimit/);
      await Bun.sleep(4000);
      const seen = scene.calm();
      await limit(daemon.pid, "--nofile=4096:");
      await scene.untilHealthy([1, 3]);
      return seen;
    },
  },
  {
    name: "no process can be started (RLIMIT_NPROC of a plain user) while a gateway dies",
    promise: "is told once; right when there can",
    async run(scene) {
      const user = String(61_000 + (process.pid % 4000));
      const privilege = [
        "--inh-caps=-all,+net_admin",
        "--ambient-caps=-all,+net_admin",
        "--bounding-set=-all,+net_admin",
      ];
      const wrapper = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...privilege];
      const daemon = await scene.settle({}, { wrapper });
      const limitAsUser = (words: string) =>
        limit(daemon.pid, words, ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"]);
      await limitAsUser("--nproc=1:");
      scene.lab.gateway(2).becomes(refusing);
      await scene.tells(/level=error msg="cannot run ip.*TasksMax/);
      await Bun.sleep(3000);
      const seen = scene.calmRoute();
      await limitAsUser("--nproc=1000:");
      return `${seen}; then ${await scene.timed("right", () => scene.untilHealthy([1, 3]))}`;
    },
  },
  {
    name: "every local port is taken while a gateway dies",
    promise: "no gateway is taken for dead, and it is told once",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const ports = [40_000, 40_001, 40_002, 40_003];
      lab.router.tune({ "ipv4/ip_local_port_range": `${ports[0]} ${ports.at(-1)}` });
      const taken = lab.router.enter(() =>
        ports.map((port) => Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } })),
      );
      lab.gateway(2).becomes(refusing);
      await scene.tells(/level=error.*no socket, port or memory left/);
      await Bun.sleep(4000);
      const seen = scene.calm();
      for (const listener of taken) listener.stop();
      await scene.untilHealthy([1, 3]);
      return seen;
    },
  },
  {
    name: "128 MiB of memory at most (cgroup)",
    promise: "that is enough for 150 gateways",
    lab: { gateways: 150, shared: true },
    async run(scene) {
      const group = memoryGroup(scene, 128);
      group.start();
      await scene.rest();
      const { daemon } = scene;
      await daemon.untilRounds(3);
      for (let scrape = 0; scrape < 20; scrape++) await daemon.metrics();
      return `${scene.calm()}; ${group.seen()}`;
    },
  },
];

/**
 * Starts the service in a group with a limit of memory, in MiB. Where there are no groups to be had, the limit is one of
 * the data segment, which counts what is reserved as well.
 */
function memoryGroup(scene: Scene, mebibytes: number): { start(): void; seen(): string } {
  const bytes = mebibytes * 1024 * 1024;
  for (const [root, limitFile, peakFile] of [
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes"],
    ["/sys/fs/cgroup", "memory.max", "memory.peak"],
  ] as const) {
    const folder = `${root}/${scene.lab.name}`;
    try {
      if (!existsSync(`${root}/cgroup.procs`)) continue;
      mkdirSync(folder);
      writeFileSync(`${folder}/${limitFile}`, String(bytes));
    } catch {
      continue; // not ours to change
    }
    scene.afterwards(() => removeGroup(folder));
    return {
      start() {
        const own = `${root}${ownGroup()}/cgroup.procs`;
        writeFileSync(`${folder}/cgroup.procs`, String(process.pid));
        scene.start(); // and is born in the group
        writeFileSync(own, String(process.pid));
      },
      seen: () => `${Math.ceil(Number(readFileSync(`${folder}/${peakFile}`, "utf8")) / 1024 / 1024)} MiB at most`,
    };
  }
  const wrapper = ["prlimit", `--data=${8 * bytes}`];
  return { start: () => void scene.start({}, { wrapper }), seen: () => "no cgroup here, so by RLIMIT_DATA" };
}

/** The memory group of this process, as a path below the root of its hierarchy. */
function ownGroup(): string {
  const text = readFileSync("/proc/self/cgroup", "utf8");
  return (/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text) ?? /^0::(.*)$/m.exec(text))![1]!;
}

/** Ends what still runs in a group, and removes it. */
function removeGroup(folder: string): void {
  for (const pid of readFileSync(`${folder}/cgroup.procs`, "utf8").split("\n")) if (pid) endProcess(Number(pid));
  while (readFileSync(`${folder}/cgroup.procs`, "utf8") !== "") Bun.sleepSync(10);
  rmdirSync(folder);
}

/** Changes a limit of a running process, as `prlimit` words it. */
async function limit(pid: number, words: string, wrapper: readonly string[] = []): Promise<void> {
  await run([...wrapper, "prlimit", "--pid", String(pid), words]);
}

/** The library by which a process sees another time, of the package that scripts/faults installs. */
function faketime(): string {
  const [path] = new Bun.Glob("/usr/lib/*/faketime/libfaketime.so.1").scanSync({ absolute: true });
  if (!path) throw new Error("libfaketime is missing: run scripts/faults, which installs it");
  return path;
}
