/** The compiled executable: its path, its command line, and a run of one of its commands to the end. */
import { existsSync } from "node:fs";

import { IP, type Namespace } from "./namespace.ts";

export const EXECUTABLE = new URL("../../../dist/gateway-route-manager", import.meta.url).pathname;
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A wrapper for an executable that may not make memory executable: it can call no C library, and so mark no packets. */
export const WITHOUT_EXECUTABLE_MEMORY = [
  process.execPath,
  new URL("deny-executable-memory.ts", import.meta.url).pathname,
];

/** Flags by name, without the dash; a list repeats the flag. */
export type Flags = Record<string, string | number | boolean | readonly string[]>;

export type Environment = Readonly<Record<string, string>>;

/** How a process ended, and everything it printed. */
export interface Ending {
  /** The exit status; 128 plus the number of the signal for a process that a signal ended. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Throws where the executable has not been built. */
export function assertBuilt(): void {
  if (!existsSync(EXECUTABLE)) throw new Error(`${EXECUTABLE} is missing: run scripts/build host first`);
}

/** The command line of a set of flags, in Go's syntax. */
export function flagArguments(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (typeof value === "boolean") return [`-${name}=${value}`];
    if (typeof value === "object") return value.flatMap((item) => [`-${name}`, item]);
    return [`-${name}`, String(value)];
  });
}

/** Runs a program to its end in a namespace. The environment holds a PATH and nothing of the test's own. */
export async function runIn(space: Namespace, command: readonly string[], env: Environment = {}): Promise<Ending> {
  const child = Bun.spawn([IP, "netns", "exec", space.name, ...command], {
    env: { PATH: SYSTEM_PATH, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

/** Runs a command of the executable, such as `["status", "-json"]`, to its end in a namespace. */
export async function runExecutable(space: Namespace, args: readonly string[], env?: Environment): Promise<Ending> {
  assertBuilt();
  return runIn(space, [EXECUTABLE, ...args], env);
}

/**
 * Runs a command of the executable on a pseudo-terminal (script(1)) in a namespace, after a line of shell such as
 * `stty cols 40`. What it prints comes back without carriage returns.
 */
export async function runOnTerminal(
  space: Namespace,
  args: readonly string[],
  { env = {}, before = ":" }: { env?: Environment; before?: string } = {},
): Promise<Ending> {
  assertBuilt();
  const shell = `${before}; exec ${EXECUTABLE} ${args.join(" ")}`;
  const ending = await runIn(space, ["script", "-qec", shell, "/dev/null"], env);
  return { ...ending, stdout: ending.stdout.replaceAll("\r", "") };
}
