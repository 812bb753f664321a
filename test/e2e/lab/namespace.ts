/**
 * Network namespaces, and code that runs inside them.
 *
 * A socket stays in the network namespace in which its thread was when the socket was made. So the tests need no helper
 * process for each namespace: the test process enters it (setns), opens a socket there, and leaves it again.
 */
import { dlopen, FFIType } from "bun:ffi";
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { constants } from "node:os";

const FOLDER = "/run/netns";
const CLONE_NEWNET = 0x40000000;
const { symbols: libc } = dlopen("libc.so.6", {
  setns: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 },
});

/** The path of the real `ip`, so that a test can hide `ip` from the executable and not from the lab. */
export const IP = Bun.which("ip") ?? "/sbin/ip";

const outside = openSync("/proc/thread-self/ns/net", "r");

export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** Runs `action` inside the namespace. The action must be synchronous until its sockets exist. */
  enter<T>(action: () => T): T {
    const inside = openSync(`${FOLDER}/${this.name}`, "r");
    try {
      setNamespace(inside);
      return action();
    } finally {
      setNamespace(outside);
      closeSync(inside);
    }
  }

  /** Stays inside the namespace until the end, for sockets that are made later than at once. */
  stay(): Disposable {
    const inside = openSync(`${FOLDER}/${this.name}`, "r");
    setNamespace(inside);
    closeSync(inside);
    return { [Symbol.dispose]: () => setNamespace(outside) };
  }

  /** Runs `ip` with these arguments here and returns its output; throws with its error message where it fails. */
  async ip(...args: string[]): Promise<string> {
    return run([IP, "-n", this.name, ...args]);
  }

  /** Runs these lines with `ip -batch` here, and with options such as `-6`. */
  async batch(lines: string[], options: readonly string[] = []): Promise<void> {
    await run([IP, "-n", this.name, ...options, "-batch", "-"], lines.join("\n"));
  }

  /** A kernel parameter, by its path below /proc/sys/net. */
  parameter(path: string): string {
    return this.enter(() => readFileSync(`/proc/sys/net/${path}`, "utf8").trim());
  }

  /** Sets kernel parameters, by their path below /proc/sys/net. */
  tune(parameters: Record<string, string | number>): void {
    this.enter(() => {
      for (const [path, value] of Object.entries(parameters)) writeFileSync(`/proc/sys/net/${path}`, String(value));
    });
  }
}

/** Makes the namespaces of one lab, named LAB-ROLE. */
export async function addNamespaces<K extends string>(lab: string, roles: readonly K[]): Promise<Record<K, Namespace>> {
  const spaces = roles.map((role) => [role, new Namespace(`${lab}-${role}`)] as const);
  await run([IP, "-batch", "-"], spaces.map(([, { name }]) => `netns add ${name}`).join("\n"));
  return Object.fromEntries(spaces) as Record<K, Namespace>;
}

/**
 * Removes every namespace whose name starts with `prefix`, and ends the processes that still run in it, such as the
 * `ip monitor` of a killed service. Synchronous, so that a signal handler can call it.
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

/** Ends one process with SIGKILL, if it still exists. */
export function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}

/** Runs a command to its end and returns its standard output; throws with its standard error where it fails. */
export async function run(command: string[], input = ""): Promise<string> {
  const child = Bun.spawn(command, { stdin: Buffer.from(input), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0) throw new Error(`${command.join(" ")}: ${stderr.trim()} (exit status ${status})`);
  return stdout;
}

function setNamespace(descriptor: number): void {
  if (libc.setns(descriptor, CLONE_NEWNET) !== 0) {
    throw new Error("cannot enter a network namespace (setns failed); run the end-to-end tests as root");
  }
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

/** Removes the namespaces of earlier test runs that were killed before they could do so. */
function removeOrphans(): void {
  const owners = new Set(namespaceNames().map((name) => /^grm-(\d+)-\d+-/.exec(name)?.[1]));
  for (const owner of owners) if (owner && !isAlive(Number(owner))) removeNamespaces(`grm-${owner}-`);
}

removeOrphans();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    removeNamespaces(`grm-${process.pid}-`);
    process.exit(128 + constants.signals[signal]);
  });
}
