import type { Readable } from "node:stream";

import { execa } from "execa";

/** What a run of `ip` gave. */
export interface IpOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

/** A healthy `ip` needs milliseconds; a hung one must not hold up the service. */
const RUN_LIMIT_MS = 5000;

/** Room for the addresses of many thousand interfaces. */
const MOST_OUTPUT_BYTES = 4 << 20;

/** The environment of `ip`: its messages are matched in English, and colours would break the JSON. */
export const ENVIRONMENT = { LC_ALL: "C", COLORFGBG: "", NO_COLOR: "1" };

/**
 * Starts `ip`, by a call of execa.
 *
 * @throws when this machine can start no process. What execa throws then tells of nothing but its own trouble.
 */
export function startIp<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    throw new Error(`ip cannot be run: ${EXHAUSTED}, or it is no program for this machine`, { cause: error });
  }
}

const EXHAUSTED =
  "this machine has no file descriptor, process or memory left for it (limits: LimitNOFILE, TasksMax, ulimit)";

/** Why `ip` did not even start, by the code of the system's error. */
const UNSTARTED: Readonly<Record<string, string>> = {
  ENOENT: "it is missing; install iproute2",
  EACCES: "it is no executable file; install iproute2 again",
  ENOEXEC: "it is no executable file; install iproute2 again",
  EAGAIN: EXHAUSTED,
  EMFILE: EXHAUSTED,
  ENFILE: EXHAUSTED,
  ENOMEM: EXHAUSTED,
};

/**
 * Runs `ip` once. Never hangs: a process that ignores the limit is killed, and one that holds its pipes open even then
 * is no longer waited for. Never fills the memory: one that prints without an end is killed as well.
 *
 * @throws when `ip` could not be started, did not end in time or printed too much
 */
export async function runIp(args: readonly string[], input = ""): Promise<IpOutput> {
  // Not execa's own buffer: Bun reads ahead for it without a limit, whatever `maxBuffer` says.
  const options = { input, env: ENVIRONMENT, reject: false, buffer: false, timeout: RUN_LIMIT_MS } as const;
  const child = startIp(() => execa("ip", args, { ...options, killSignal: "SIGKILL" }));
  let tooMuch = false;
  const stop = (): void => {
    tooMuch = true;
    child.kill();
  };
  const ended = Promise.all([child, collect(child.stdout, stop), collect(child.stderr, stop)]);
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    limit = setTimeout(resolve, RUN_LIMIT_MS + 500, "late");
  });
  const end = await Promise.race([ended, late]).finally(() => clearTimeout(limit));
  if (tooMuch) throw new Error("ip printed more than it ever should, and was killed; install iproute2 again");
  // The same words whatever was run, so that a trouble that lasts is one trouble.
  if (end === "late" || end[0].timedOut) throw new Error(`ip did not end within ${RUN_LIMIT_MS} ms, and was killed`);
  const [result, stdout, stderr] = end;
  if (result.exitCode === undefined) {
    const { code = "" } = (result.cause ?? {}) as { code?: string };
    const why = UNSTARTED[code] ?? (result.signal ? `it was ended by ${result.signal}` : result.shortMessage);
    throw new Error(`ip cannot be run: ${why}`, { cause: result.cause });
  }
  return { stdout, stderr, failed: result.failed };
}

/** All that a stream gives until it closes. What is more than the limit is dropped, and told once. */
function collect(stream: Readable, onTooMuch: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let room = MOST_OUTPUT_BYTES;
  stream.on("data", (chunk: Buffer) => {
    const before = room;
    room -= chunk.length;
    if (room >= 0) chunks.push(chunk);
    else if (before >= 0) onTooMuch();
  });
  return new Promise((resolve) => {
    stream.once("close", () => resolve(Buffer.concat(chunks).toString()));
  });
}
