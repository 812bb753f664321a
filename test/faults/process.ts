/** Signals, limits and clock changes: what service managers, administrators and the kernel do to the process. */
import { expect } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import type { StartOptions } from "../e2e/lab/daemon.ts";
import { faketime } from "../e2e/lab/clock.ts";
import { flagArguments, runIn } from "../e2e/lab/executable.ts";
import { endProcess, EXECUTABLE, refusing, slow } from "../e2e/lab/index.ts";
import { type Namespace, run } from "../e2e/lab/namespace.ts";
import { dropPages, setReadAhead } from "../e2e/lab/page-cache.ts";
import type { Fault } from "./fault.ts";
import { CALM, type Scene } from "./scene.ts";

/** Time in which an error that is logged again and again would show, in ms: four check periods. */
const REPETITION_MS = 4000;

const MIB = 1024 * 1024;

export const processFaults: readonly Fault[] = [
  {
    name: "the process is stopped for 10 s (SIGSTOP, SIGCONT)",
    promise: "no gateway counts as failed",
    lab: { gateways: 5 },
    async run(scene) {
      // So slow that some probes are open at nearly any time.
      for (const gateway of scene.lab.gateways) gateway.becomes(slow(600));
      const daemon = await scene.settle({ fall: 1 });
      daemon.signal("SIGSTOP");
      await Bun.sleep(10_000); // ms: the fault itself, ten check periods
      daemon.signal("SIGCONT");
      await daemon.untilRounds(3);
      return scene.unchanged();
    },
  },
  {
    name: "a gateway fails and the table is flushed while the process is stopped",
    promise: "the route is right at once after SIGCONT",
    async run(scene) {
      const daemon = await scene.settle();
      daemon.signal("SIGSTOP");
      scene.lab.gateway(2).becomes(refusing);
      await scene.lab.router.ip("route", "flush", "table", "180");
      await Bun.sleep(1000); // ms: a check period, in which the stopped process misses both
      daemon.signal("SIGCONT");
      return scene.timed("updated", () => scene.untilHealthy([1, 3]));
    },
  },
  {
    name: "the system clock is set forwards and back by hours",
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
        const logged = Date.parse(/time=(\S+)/.exec(text)![1]!);
        expect(Math.abs(logged - Date.now() - hours * 3_600_000)).toBeLessThan(60_000);
        expect(await daemon.get("/healthz")).toMatchObject({ status: 200 });
      }
      scene.lab.gateway(1).becomes(refusing);
      await scene.untilHealthy([2, 3]);
      return `${await scene.changes(1)}, for a gateway that failed`;
    },
  },
  ...["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE"].map((signal): Fault => ({
    name: `the process receives ${signal}`,
    promise: "the service continues",
    async run(scene) {
      const daemon = await scene.settle();
      for (let time = 0; time < 5; time++) {
        daemon.signal(signal as NodeJS.Signals);
        await Bun.sleep(20); // ms: signals that are pending at the same time are delivered as one
      }
      await daemon.untilRounds(2);
      return scene.unchanged();
    },
  })),
  {
    name: "the process is killed (SIGKILL) and started again",
    promise: "the next start takes the routes over unchanged",
    async run(scene) {
      const daemon = await scene.settle();
      await daemon.kill();
      const second = scene.lab.start(CALM);
      await second.untilReady();
      await second.untilRounds(2);
      const seen = await scene.unchanged();
      await scene.succeed(second);
      return seen;
    },
  },
  {
    name: "the process reaches its limit of processor time (RLIMIT_CPU) and is started again",
    promise: "the next start takes the routes over unchanged",
    async run(scene) {
      const daemon = await scene.settle();
      await limit(daemon.pid, "--cpu=1:1");
      const ended = daemon.gone();
      while (daemon.isRunning) await daemon.metrics().catch(() => {}); // uses processor time
      await ended;
      const second = scene.lab.start(CALM);
      await second.untilReady();
      const seen = await scene.unchanged();
      await scene.succeed(second);
      return seen;
    },
  },
  {
    name: "the process may have 64 file descriptors at most",
    promise: "all of 50 gateways stay up",
    lab: { gateways: 50, shared: true },
    async run(scene) {
      const daemon = await scene.settle({}, { wrapper: ["prlimit", "--nofile=64"] });
      await daemon.untilRounds(2);
      return scene.unchanged();
    },
  },
  {
    name: "a gateway fails while the process has no free file descriptor",
    promise: "one error is logged; the route is updated when there are free descriptors again",
    async run(scene) {
      const daemon = await scene.settle();
      await limit(daemon.pid, "--nofile=3:");
      scene.lab.gateway(2).becomes(refusing);
      endProcess(daemon.children[0]!.pid); // its ip monitor, which cannot be started again
      await scene.logsOnce(/level=error.*no socket, port or memory left.*ulimit/);
      await Bun.sleep(REPETITION_MS);
      const seen = await scene.unchanged();
      await limit(daemon.pid, "--nofile=4096:");
      await scene.untilHealthy([1, 3]);
      return seen;
    },
  },
  {
    name: "a gateway fails while no process can be started (RLIMIT_NPROC)",
    promise: "one error is logged; the route is updated when processes can be started again",
    async run(scene) {
      const user = String(61_000 + (process.pid % 4000));
      const privilege = [
        "--inh-caps=-all,+net_admin",
        "--ambient-caps=-all,+net_admin",
        "--bounding-set=-all,+net_admin",
      ];
      const wrapper = ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups", ...privilege];
      const daemon = await scene.settle({}, { wrapper });
      const limitAsUser = (option: string) =>
        limit(daemon.pid, option, ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"]);
      await limitAsUser("--nproc=1:");
      scene.lab.gateway(2).becomes(refusing);
      await scene.logsOnce(/level=error msg="cannot run ip.*TasksMax/);
      await Bun.sleep(REPETITION_MS);
      const seen = await scene.routeUnchanged();
      await limitAsUser("--nproc=1000:");
      return `${seen}; then ${await scene.timed("updated", () => scene.untilHealthy([1, 3]))}`;
    },
  },
  {
    name: "a gateway fails while all local ports are in use",
    promise: "no gateway counts as failed; one error is logged; the route is updated when ports are free again",
    async run(scene) {
      const { lab } = scene;
      await scene.settle();
      const ports = [40_000, 40_001, 40_002, 40_003];
      lab.router.tune({ "ipv4/ip_local_port_range": `${ports[0]} ${ports.at(-1)}` });
      const taken = lab.router.enter(() =>
        ports.map((port) => Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } })),
      );
      lab.gateway(2).becomes(refusing);
      await scene.logsOnce(/level=error.*no socket, port or memory left/);
      await Bun.sleep(REPETITION_MS);
      const seen = await scene.unchanged();
      for (const listener of taken) listener.stop();
      await scene.untilHealthy([1, 3]);
      return seen;
    },
  },
  {
    name: "a cgroup limits the service to 128 MiB, pages of its executable not included",
    promise: "all of 150 gateways stay up",
    lab: { gateways: 150, shared: true },
    async run(scene) {
      const group = memoryGroup(scene, 128) ?? dataLimit(scene, 128);
      group.start();
      await scene.rest();
      const { daemon } = scene;
      await daemon.untilRounds(3);
      for (let scrape = 0; scrape < 20; scrape++) await daemon.metrics();
      return `${await scene.unchanged()}; ${group.seen()}`;
    },
  },
  {
    name: "a cgroup limits the service to 40 MiB, pages of its executable included, while the status page is open",
    promise: "all of 150 gateways stay up, and the page follows",
    lab: { gateways: 150, shared: true },
    async run(scene) {
      const group = await startLimited(scene, 40);
      if (group === undefined) return NOT_DONE;
      await scene.rest();
      const { daemon, lab } = scene;
      const page = await openPage(lab.router);
      scene.afterwards(() => page.close());
      const visits = async (): Promise<string> => {
        const share = shareOf(scene);
        await daemon.untilRounds(3);
        for (let visit = 0; visit < 20; visit++) expect(await daemon.get("/")).toMatchObject({ status: 200 });
        await daemon.untilRounds(6);
        return share();
      };
      const limited = await visits();
      const seen = group.seen();
      group.lift();
      expect(page.statuses).toBeGreaterThan(5);
      return `${await scene.unchanged()}; ${seen}; ${limited} of a core with 20 visits, ${await visits()} without the limit`;
    },
  },
  {
    name: "a cgroup limits the service to 36 MiB, pages of its executable included",
    promise: "the start and check say that this is too little; all of 10 gateways stay up",
    lab: { gateways: 10, shared: true },
    async run(scene) {
      const group = await startLimited(scene, 36);
      if (group === undefined) return NOT_DONE;
      await scene.daemon.log.next(
        /level=warn msg="memory: 36 MiB may be used; the service needs 40 MiB, .* raise the limit/,
      );
      await scene.rest();
      await scene.daemon.untilRounds(5);
      expect((await group.command("check")).replaceAll(/\s+/g, " ")).toContain("warning memory 36 MiB may be used;");
      return `${await scene.unchanged()}; ${group.seen()}`;
    },
  },
];

/** A copy of the executable on a disk of its own, with no page in memory: those that a process reads count for its cgroup. */
async function uncached(scene: Scene): Promise<string> {
  const image = scene.lab.file("disk", "");
  const folder = `${image}-mounted`;
  await run(["truncate", "--size=256M", image]);
  await run(["mkfs.ext4", "-q", image]);
  mkdirSync(folder);
  // Without loop devices it is on the disk of this machine, which may read more than a program uses.
  if (Bun.spawnSync(["mount", "-o", "loop", image, folder]).success) {
    scene.afterwards(() => void Bun.spawnSync(["umount", "--lazy", folder]));
    setReadAhead(folder);
  }
  const copy = `${folder}/gateway-route-manager`;
  await run(["cp", EXECUTABLE, copy]);
  await dropPages(copy);
  return copy;
}

/** Follows the live stream as an open page does; counts the states that arrive. */
async function openPage(router: Namespace): Promise<{ readonly statuses: number; close(): void }> {
  let statuses = 0;
  const data = (_: unknown, chunk: Buffer): void => {
    statuses += chunk.toString("latin1").split("event: status").length - 1;
  };
  const socket = await router.enter(() => Bun.connect({ hostname: "127.0.0.1", port: 9090, socket: { data } }));
  socket.write("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  return {
    get statuses() {
      return statuses;
    },
    close: () => socket.terminate(),
  };
}

/** Starts to measure the processor time of the service; the result says which share of a core it has used since. */
function shareOf(scene: Scene): () => string {
  const [start, time] = [performance.now(), scene.processorTime];
  return () => `${((100 * (scene.processorTime - time)) / (performance.now() - start)).toFixed(0)} %`;
}

interface MemoryGroup {
  /** Runs a command of the executable with the flags of the service, outside of it. */
  command(name: string): Promise<string>;
  /** Starts the service in it. */
  start(options?: StartOptions): void;
  /** Gives it as much as it could ever use. */
  lift(): void;
  /** The most memory that was used, as text. */
  seen(): string;
}

/** A cgroup with a memory limit, in MiB, for the service; undefined where the test cannot make cgroups. */
function memoryGroup(scene: Scene, mebibytes: number): MemoryGroup | undefined {
  const bytes = mebibytes * MIB;
  for (const [root, limitFile, peakFile, mount] of [
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.max_usage_in_bytes", MOUNT_1],
    ["/sys/fs/cgroup", "memory.max", "memory.peak", MOUNT_2],
  ] as const) {
    const folder = `${root}/${scene.lab.name}`;
    try {
      if (!existsSync(`${root}/cgroup.procs`)) continue;
      mkdirSync(folder);
      writeFileSync(`${folder}/${limitFile}`, String(bytes));
    } catch {
      if (existsSync(folder)) rmdirSync(folder);
      continue; // this hierarchy cannot be changed here
    }
    scene.afterwards(() => removeGroup(folder));
    return {
      start(options) {
        const own = `${root}${ownGroup()}/cgroup.procs`;
        writeFileSync(`${folder}/cgroup.procs`, String(process.pid));
        const wrapper = ["sh", "-c", `${mount} && exec "$0" "$@"`];
        scene.start({}, { ...options, wrapper }); // a new process starts in the cgroup of its parent
        writeFileSync(own, String(process.pid));
      },
      async command(name) {
        const words = [EXECUTABLE, name, ...flagArguments(scene.daemon.flags)];
        return (await runIn(scene.lab.router, ["sh", "-c", `${mount} && exec "$0" "$@"`, ...words])).stdout;
      },
      lift: () => writeFileSync(`${folder}/${limitFile}`, String(64 * bytes)),
      seen: () => `${Math.ceil(Number(readFileSync(`${folder}/${peakFile}`, "utf8")) / MIB)} MiB at most`,
    };
  }
  return undefined;
}

/** A limit of the process instead, eight times as high, since it counts memory that is only reserved as well. */
function dataLimit(scene: Scene, mebibytes: number): Pick<MemoryGroup, "start" | "seen"> {
  const wrapper = ["prlimit", `--data=${8 * mebibytes * MIB}`];
  return { start: () => void scene.start({}, { wrapper }), seen: () => "no cgroup here, so by RLIMIT_DATA" };
}

const NOT_DONE = "not done: no cgroup can be made here";

/** Starts the service in a cgroup for which all its pages count; without a limit where no cgroup can be made. */
async function startLimited(scene: Scene, mebibytes: number): Promise<MemoryGroup | undefined> {
  const group = memoryGroup(scene, mebibytes);
  if (group === undefined) await scene.settle();
  else group.start({ executable: await uncached(scene) });
  return group;
}

/** The hierarchies as they are on a machine, which `ip netns exec` hides by a new /sys. */
const MOUNT_1 =
  "mount -t tmpfs cgroup /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory && mount -t cgroup -o memory cgroup /sys/fs/cgroup/memory";
const MOUNT_2 = "mount -t cgroup2 cgroup2 /sys/fs/cgroup";

/** The memory cgroup of this process, as a path below the root of its hierarchy. */
function ownGroup(): string {
  const text = readFileSync("/proc/self/cgroup", "utf8");
  return (/^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(text) ?? /^0::(.*)$/m.exec(text))![1]!;
}

/** Ends the processes that still run in a cgroup, and removes it. */
function removeGroup(folder: string): void {
  for (const pid of readFileSync(`${folder}/cgroup.procs`, "utf8").split("\n")) if (pid) endProcess(Number(pid));
  while (readFileSync(`${folder}/cgroup.procs`, "utf8") !== "") Bun.sleepSync(10); // ms; this runs in a handler without await
  rmdirSync(folder);
}

/** Changes a limit of a running process, such as `--nofile=64:` (prlimit(1)). */
async function limit(pid: number, option: string, wrapper: readonly string[] = []): Promise<void> {
  await run([...wrapper, "prlimit", "--pid", String(pid), option]);
}
