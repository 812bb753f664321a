/**
 * Network namespaces, and code that runs inside them.
 *
 * A socket belongs for good to the namespace its thread was in when the socket was made. So nothing needs a helper
 * process per namespace: the test process steps inside (setns), opens its socket there, and steps out again.
 */
import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";

const FOLDER = "/run/netns";
const CLONE_NEWNET = 0x40000000;
const { symbols: libc } = dlopen("libc.so.6", {
  setns: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
});

/** The real `ip`, by its path, so that a test that hides it from the executable doesn't hide it from the lab. */
export const IP = Bun.which("ip") ?? "/sbin/ip";

const home = openSync("/proc/thread-self/ns/net", "r");

export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Runs `action` inside the namespace. It must be synchronous up to the moment its sockets exist. */
  enter<T>(action: () => T): T {
    const inside = openSync(`${FOLDER}/${this.name}`, "r");
    try {
      step(inside);
      return action();
    } finally {
      step(home);
      closeSync(inside);
    }
  }

  /** What `ip` with these arguments prints here; an error with its own words when it fails. */
  async ip(...words: string[]): Promise<string> {
    return run([IP, "-n", this.name, ...words]);
  }

  /** Runs the lines of an `ip -batch` here. */
  async batch(lines: string[]): Promise<void> {
    await run([IP, "-n", this.name, "-batch", "-"], lines.join("\n"));
  }

  /** Sets kernel parameters by their path under /proc/sys/net. */
  tune(parameters: Record<string, string | number>): void {
    this.enter(() => {
      for (const [path, value] of Object.entries(parameters)) writeFileSync(`/proc/sys/net/${path}`, String(value));
    });
  }
}

/** Makes the namespaces of one lab, with names no other lab has. */
export async function addNamespaces<K extends string>(lab: string, roles: readonly K[]): Promise<Record<K, Namespace>> {
  const spaces = roles.map((role) => [role, new Namespace(`${lab}-${role}`)] as const);
  await run([IP, "-batch", "-"], spaces.map(([, { name }]) => `netns add ${name}`).join("\n"));
  return Object.fromEntries(spaces) as Record<K, Namespace>;
}

/**
 * Removes every namespace whose name starts with `prefix`, and ends what still runs in it: a killed daemon leaves its
 * `ip monitor` behind. Synchronous, so that it also works in a signal handler.
 */
export function removeNamespaces(prefix: string): void {
  const names = namespaceNames().filter((name) => name.startsWith(prefix));
  if (names.length === 0) return;
  for (const pid of processesIn(names)) endProcess(pid);
  Bun.spawnSync([IP, "-force", "-batch", "-"], {
    stdin: Buffer.from(names.map((name) => `netns del ${name}`).join("\n")),
  });
}

/** A name for one lab: `grm-<pid>-<number>`. */
export function nextLabName(): string {
  counter += 1;
  return `grm-${process.pid}-${counter}`;
}
let counter = 0;

/** The names of all network namespaces of the machine. */
export function namespaceNames(): string[] {
  try {
    return readdirSync(FOLDER);
  } catch {
    return [];
  }
}

/** Ends one process at once; it may already be gone. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

/** Runs a command to its end and returns its standard output. */
export async function run(command: string[], input = ""): Promise<string> {
  const child = Bun.spawn(command, { stdin: Buffer.from(input), stdout: "pipe", stderr: "pipe" });
  const [output, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command.join(" ")}: ${complaint.trim()} (exit status ${status})`);
  return output;
}

function step(descriptor: number): void {
  if (libc.setns(descriptor, CLONE_NEWNET) !== 0) throw new Error("setns refused: the end-to-end tests need root");
}

function processesIn(names: string[]): number[] {
  const wanted = new Set(names.map((name) => `net:[${statSync(`${FOLDER}/${name}`).ino}]`));
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry) && wanted.has(namespaceOf(entry)))
    .map(Number);
}

function namespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return "";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A test run that was killed could not tidy up; the next one does it on its first lab. */
function removeLeftovers(): void {
  const owners = new Set(namespaceNames().map((name) => /^grm-(\d+)-\d+-/.exec(name)?.[1]));
  for (const owner of owners) if (owner && !isAlive(Number(owner))) removeNamespaces(`grm-${owner}-`);
}

removeLeftovers();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    removeNamespaces(`grm-${process.pid}-`);
    process.exit(128 + constants.signals[signal]);
  });
}
