import { readdirSync, readFileSync } from "node:fs";

import { libc } from "../probe/socket/libc.ts";

/*
 * PID 1 inherits the children of processes that end before these, such as what a hook leaves behind, and has to wait for
 * them, or each stays a zombie (pid_namespaces(7)). The runtime waits for what the service has started itself, and has to
 * be the one that does, since only one of them learns how a process ended.
 */

/** Time between two observations, in milliseconds. */
const PERIOD_MS = 2000;

const WNOHANG = 1; // waitpid(2)

/** A child that has ended: its process id, and when it started, since ids are used again. */
export interface Zombie {
  readonly pid: number;
  readonly started: string;
}

/** Reaps orphans, where this process is PID 1. */
export function startReaper(pid = process.pid): void {
  if (pid !== 1) return;
  const reap = createReaper({ zombies: () => zombiesOf(pid), wait: waitFor, afterEvents });
  const next = (): void => void setTimeout(() => void reap().finally(next), PERIOD_MS).unref();
  next();
}

/** What the reaper needs. */
export interface ReaperPort {
  /** The children of this process that have ended. */
  zombies(): readonly Zombie[];
  /** Takes one of them from the kernel. */
  wait(pid: number): void;
  /** Resolves once the runtime has handled the events that have come by now, such as the end of its own children. */
  afterEvents(): Promise<void>;
}

/**
 * Makes an observation. What was a zombie in the one before, and still is after the runtime has had its turn, is none that
 * the runtime waits for.
 */
export function createReaper({ zombies, wait, afterEvents }: ReaperPort): () => Promise<void> {
  const keyOf = ({ pid, started }: Zombie): string => `${pid} ${started}`;
  const keys = (): Set<string> => new Set(zombies().map(keyOf));
  let before = new Set<string>();
  return async () => {
    const now = keys();
    const old = before.intersection(now);
    before = now;
    if (old.size === 0) return;
    await afterEvents();
    for (const zombie of zombies()) if (old.has(keyOf(zombie))) wait(zombie.pid);
  };
}

/** Two turns of the event loop: timers run before events of a turn, and the next turn handles those that came meanwhile. */
async function afterEvents(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function waitFor(pid: number): void {
  try {
    libc().waitpid(pid, new Int32Array(1), WNOHANG);
  } catch {
    // Without the C library it stays a zombie, as it would without this.
  }
}

/** The children of a process that have ended, as proc(5) shows them. */
function zombiesOf(parent: number): Zombie[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => zombieIn(readStat(pid), parent) ?? []);
}

/** A line of proc(5) stat, if it is of a zombie with this parent. The name in it may hold any character. */
export function zombieIn(line: string, parent: number): Zombie | undefined {
  const [state, ppid, ...more] = line.slice(line.lastIndexOf(")") + 2).split(" ");
  if (state !== "Z" || Number(ppid) !== parent) return undefined;
  return { pid: Number.parseInt(line, 10), started: more[17] ?? "" };
}

function readStat(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return ""; // it has gone meanwhile
  }
}
