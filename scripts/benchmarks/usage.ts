import { readdirSync, readFileSync } from "node:fs";

import type { Daemon } from "../../test/e2e/lab/index.ts";

/** Ticks per second in /proc/PID/stat: USER_HZ, which is 100 on every architecture that Bun supports. */
const TICKS = 100;

/**
 * Seconds of processor time so far: of all threads of a process, including those that have ended, and of the child
 * processes that it has waited for. The kernel's resolution is 0.01 s.
 *
 * @param stat the text of /proc/PID/stat (proc_pid_stat(5): utime, stime, cutime and cstime are fields 14 to 17)
 */
export function processorTime(stat: string): { readonly own: number; readonly children: number } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the second field, a name, may hold anything
  const [user, system, childrenUser, childrenSystem] = fields.slice(11, 15).map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return { own: (user + system) / TICKS, children: (childrenUser + childrenSystem) / TICKS };
}

/** Starts a measurement of a process; the returned function gives its share of a core since then, without and with children. */
export function watchProcessor(pid: number): () => { readonly own: number; readonly all: number } {
  const read = () => ({ ...processorTime(readFileSync(`/proc/${pid}/stat`, "utf8")), at: performance.now() / 1000 });
  const start = read();
  return () => {
    const now = read();
    const own = (now.own - start.own) / (now.at - start.at);
    return { own, all: own + (now.children - start.children) / (now.at - start.at) };
  };
}

/**
 * How long the threads of a process have run, in milliseconds: those that still exist, by the kernel's account in
 * nanoseconds (the first field of /proc/PID/task/TID/schedstat).
 */
export function runTimeOf(pid: number): number {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) => {
    try {
      return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]) / 1e6;
    } catch {
      return 0; // it has just ended
    }
  });
  return times.reduce((sum, time) => sum + time, 0);
}

/** The number of probes that a service has made, and its rate per second since an earlier count. */
export async function probesOf(
  daemon: Daemon,
): Promise<{ count: number; at: number; since(before: ProbeCount): number }> {
  const count = (await daemon.metrics()).value("gateway_health_check_total");
  const at = performance.now() / 1000;
  return { count, at, since: (before) => (count - before.count) / (at - before.at) };
}

interface ProbeCount {
  readonly count: number;
  readonly at: number;
}

/** Memory in MiB. */
export interface Memory {
  /** Pages in memory, including shared pages of files. */
  readonly resident: number;
  /** Pages that belong to no file: the memory of the process itself. */
  readonly anonymous: number;
}

/** The memory of a process (proc_pid_smaps(5)). */
export function memoryOf(pid: number): Memory {
  return parseMemory(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"));
}

/** @param rollup the text of /proc/PID/smaps_rollup */
export function parseMemory(rollup: string): Memory {
  const mebibytes = (name: string): number => {
    const [, kilobytes] = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup) ?? [];
    if (!kilobytes) throw new Error(`smaps_rollup has no ${name}`);
    return Number(kilobytes) / 1024;
  };
  return { resident: mebibytes("Rss"), anonymous: mebibytes("Anonymous") };
}
