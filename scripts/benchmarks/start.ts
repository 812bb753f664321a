import { readFileSync } from "node:fs";
import { join } from "node:path";

import { type Daemon, EXECUTABLE, Lab, TABLE } from "../../test/e2e/lab/index.ts";
import type { Monitor } from "../../test/e2e/lab/kernel.ts";
import { IP, run } from "../../test/e2e/lab/namespace.ts";
import { NotifySocket } from "../../test/e2e/lab/notify.ts";
import { temporaryFolder } from "./folder.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const STARTS = 21;
const TRACED_STARTS = 7;
const NUMBERS = [1, 2, 3];

const PROBED = "the first probe is at its gateway";
const ROUTED = "the route is in the kernel";

/** When each step of one start was reached, in milliseconds, by its name. */
type Steps = ReadonlyMap<string, number>;

/** A start that was watched from outside; times are by the clock of `performance.now()`. */
interface Started {
  readonly daemon: Daemon;
  readonly exec: number;
  readonly steps: Steps;
}

/** How long a start takes, and which steps it consists of: the first one, and one that finds the routes of a killed service. */
export async function start(): Promise<Table[]> {
  const empty = await emptyProgram();
  const lab = await Lab.open({ gateways: NUMBERS.length });
  try {
    const monitor = await lab.monitor();
    const other: Steps[] = [];
    const first: Steps[] = [];
    const restart: Steps[] = [];
    const traced: Steps[] = [];
    for (let round = 0; round < STARTS; round += 1) {
      other.push(
        new Map([
          ["an empty program has run", await runTime(lab, [empty])],
          ["-version has run", await runTime(lab, [EXECUTABLE, "-version"])],
        ]),
      );
      const service = await begin(lab, monitor);
      first.push(sinceExec(service));
      await service.daemon.kill();
      const successor = await begin(lab, monitor);
      restart.push(sinceExec(successor));
      await successor.daemon.stop();
    }
    for (let round = 0; round < TRACED_STARTS; round += 1) traced.push(await trace(lab, monitor));
    const milliseconds = (name: string) => ({ name, digits: 1, unit: "ms" });
    return [
      {
        title:
          `A start with ${NUMBERS.length} gateways that answer at once, ${STARTS} times: from exec, with the time that ` +
          "`ip netns exec` takes, until",
        columns: [
          { name: "start" },
          { name: "step" },
          { ...milliseconds("median"), cost: "time" },
          milliseconds("least"),
          milliseconds("most"),
        ],
        rows: [
          ...stepRows("to compare", other),
          ...stepRows("a first start", first),
          ...stepRows("a start after kill -9", restart),
        ],
      },
      {
        title:
          `The first start step by step, ${TRACED_STARTS} times under strace, which takes some milliseconds itself; ` +
          "medians from the exec of the program",
        columns: [{ name: "step" }, milliseconds("begins after"), milliseconds("takes")],
        rows: waterfall(traced),
      },
    ];
  } finally {
    lab.close();
  }
}

function stepRows(name: string, starts: readonly Steps[]): (string | number)[][] {
  return [...starts[0]!.keys()].map((step) => {
    return [name, step, ...[0.5, 0, 1].map((share) => quantile(timesOf(starts, step), share))];
  });
}

function waterfall(starts: readonly Steps[]): (string | number)[][] {
  const medians = [...starts[0]!.keys()].map((step) => [step, quantile(timesOf(starts, step), 0.5)] as const);
  return medians.slice(0, -1).map(([step, at], index) => [step, at, medians[index + 1]![1] - at]);
}

function timesOf(starts: readonly Steps[], step: string): number[] {
  return starts.map((steps) => steps.get(step)!);
}

function sinceExec({ steps, exec }: Started): Steps {
  return new Map([...steps].map(([step, at]) => [step, at - exec]));
}

/** Starts the service, and waits until it is ready and has all routes. */
async function begin(lab: Lab, monitor: Monitor, wrapper: readonly string[] = []): Promise<Started> {
  const systemd = new NotifySocket();
  await monitor.caughtUp();
  const mark = monitor.events.mark();
  const earlier = lab.gateways.map(({ requests }) => requests.length);
  const exec = performance.now();
  const flags = { "check-period": "1s", "log-level": "info" };
  const daemon = lab.start(flags, { wrapper, env: { NOTIFY_SOCKET: systemd.path } });
  try {
    while (!systemd.receive().some((message) => message.includes("READY=1"))) {
      if (!daemon.isRunning) throw new Error(`the service has not started: ${await daemon.stderr.text()}`);
      await Bun.sleep(1);
    }
    const ready = performance.now();
    const known = await daemon.log.next(/all \d+ gateways are up/);
    await lab.untilRouted(NUMBERS);
    const probed = Math.min(...lab.gateways.map(({ requests }, index) => requests[earlier[index]!]!.at));
    const [change] = await monitor.changesOf("default", TABLE, mark);
    const steps = new Map([
      ["the first line is in the log", daemon.log.lines[0]!.at],
      [PROBED, probed],
      ["systemd is notified that it is ready", ready],
      ["all gateways are known to be up", known.at],
    ]);
    if (change) steps.set(ROUTED, change.at); // not where the routes of a killed service stand
    return { daemon, exec, steps };
  } finally {
    systemd.close();
  }
}

/** A first start under strace, which reports each program that is executed; times are from the exec of the service. */
async function trace(lab: Lab, monitor: Monitor): Promise<Steps> {
  const file = join(temporaryFolder("trace"), "trace");
  const options = ["--seccomp-bpf", "-f", "-ttt", "-qq", "-e", "trace=execve", "-e", "signal=none", "-o", file];
  const { steps, daemon } = await begin(lab, monitor, ["strace", ...options]);
  await daemon.stop();
  // The reconciler reads with these options, and makes changes without -j.
  const executed = readFileSync(file, "utf8").split("\n").map(readExecution);
  const [first, again] = executed.filter(({ what }) => what.startsWith(EXECUTABLE));
  const runs = executed.filter(({ what }) => what.includes('["ip"'));
  const reads = runs.filter(({ what }) => what.includes('"-j", "-force", "-batch"'));
  const change = runs.find(({ what }) => what.includes('"-N", "-batch"'));
  const [probed, routed] = [PROBED, ROUTED].map((step) => performance.timeOrigin + steps.get(step)!);
  const readAgain = reads.find(({ at }) => at > probed!);
  if (!again || !readAgain || !change) throw new Error(`strace has not seen all steps of a start: ${file}`);
  const times: readonly (readonly [string, number])[] = [
    ["the runtime starts", first!.at],
    ["it starts again, with its settings, and loads the program", again.at],
    ["`ip` and the kernel are checked", runs[0]!.at],
    ["the kernel is read, and the port is opened", reads[0]!.at],
    ["gateways are probed", probed!],
    ["the kernel is read again, and the changes are planned", readAgain.at],
    ["`ip` makes the changes", change.at],
    [ROUTED, routed!],
  ];
  return new Map(times.map(([step, at]) => [step, at - first!.at]));
}

/** A line of strace: the time in milliseconds since 1970, and the executed file with its arguments. */
function readExecution(line: string): { readonly at: number; readonly what: string } {
  const [, seconds, what = ""] = /^\d+ +(\d+\.\d+) execve\("(.*)/.exec(line) ?? [];
  return { at: Number(seconds) * 1000, what };
}

/** The run time of a program in the router's namespace, in milliseconds. */
async function runTime(lab: Lab, command: readonly string[]): Promise<number> {
  const before = performance.now();
  await run([IP, "netns", "exec", lab.router.name, ...command]);
  return performance.now() - before;
}

/** An executable of the same runtime that does nothing. */
async function emptyProgram(): Promise<string> {
  const folder = temporaryFolder("start");
  const [source, file] = [join(folder, "empty.ts"), join(folder, "empty")];
  await Bun.write(source, "export {};\n");
  const flags = ["--compile", "--minify", "--bytecode", "--format=esm"];
  await run([process.execPath, "build", ...flags, source, "--outfile", file]);
  return file;
}
