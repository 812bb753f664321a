import type { Readable } from "node:stream";

import { execa } from "execa";

import type { Family } from "../../net/address.ts";
import { IpError, type IpErrorCode } from "./error.ts";

/** What a run of `ip` gave. */
export interface IpOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

/** How the output of a run is read, and what ends the run early: so many milliseconds, or so many bytes. */
interface Reading {
  readonly limitMs: number;
  readonly mostBytes: number;
  readonly read: (stream: Readable, mostBytes: number, onTooMuch: () => void) => Promise<string>;
}

/** A healthy `ip` needs milliseconds, and one that hangs must not hold up the service; room for many thousand interfaces. */
const WHOLE: Reading = { limitMs: 5000, mostBytes: 4 << 20, read: collect };

/** Time and room for a million routes. */
const BY_LINE: Omit<Reading, "read"> = { limitMs: 30_000, mostBytes: 256 << 20 };

/** The longest line of a route, with hundreds of nexthops. */
const LONGEST_LINE = 1 << 20;

/** Variables of the service that `ip` needs to be found and to run. All others stay with the service: some are secrets. */
const INHERITED = ["PATH", "LD_LIBRARY_PATH"] as const;

/** How `ip` is started: its messages are matched in English, and colours would break the JSON. */
export function environmentOfIp() {
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const env = { ...Object.fromEntries(inherited), LC_ALL: "C", COLORFGBG: "", NO_COLOR: "1" };
  return { env, extendEnv: false } as const;
}

/** The family of a run: of both, `ip` shows IPv4 alone in most lists, and takes a rule for one of IPv4. */
export type RunFamily = Family | "both";

/**
 * Arguments of every run: the family, and numbers where this machine has names for tables and protocols (rt_tables,
 * rt_protos), so that entries are recognized whatever they are called.
 */
export function globalArgs(family: RunFamily): string[] {
  return [...(family === "both" ? [] : [`-${family}`]), "-N"];
}

const NOTHING_LEFT = "cannot run ip: no file descriptor, process or memory is left";

/**
 * Starts `ip`, by a call of execa.
 *
 * @throws {IpError} when this machine cannot start a process; what execa throws then describes only its own failure
 */
export function startIp<T>(start: () => T): T {
  try {
    return start();
  } catch (error) {
    throw new IpError("exhausted", `${NOTHING_LEFT}, or it is no program for this machine`, error);
  }
}

const MISSING = ["missing", "cannot run ip: there is no such command"] as const;
const NOT_EXECUTABLE = ["not-executable", "cannot run ip: it is not an executable file"] as const;
const EXHAUSTED = ["exhausted", NOTHING_LEFT] as const;

/** Why `ip` did not even start, by the code of the system's error. */
const START_ERRORS: Readonly<Record<string, readonly [IpErrorCode, string]>> = {
  ENOENT: MISSING,
  EACCES: NOT_EXECUTABLE,
  ENOEXEC: NOT_EXECUTABLE,
  EAGAIN: EXHAUSTED,
  EMFILE: EXHAUSTED,
  ENFILE: EXHAUSTED,
  ENOMEM: EXHAUSTED,
};

/** The output of `ip -V`, alone, since an old release has not all of the arguments. */
export function readVersion(): Promise<IpOutput> {
  return run(["-V"], "");
}

/**
 * Runs `ip` once. Throws as `run` does.
 *
 * @param args without the global ones
 */
export function runIp(args: readonly string[], input = "", family: RunFamily = 4): Promise<IpOutput> {
  return run([...globalArgs(family), ...args], input);
}

/** Runs `ip` once and passes on each line that it prints, of which there may be very many. Throws as `run` does. */
export function runIpLines(
  args: readonly string[],
  input: string,
  onLine: (line: string) => void,
  family: Family = 4,
): Promise<IpOutput> {
  const read: Reading["read"] = (stream, mostBytes, onTooMuch) => eachLine(stream, mostBytes, onLine, onTooMuch);
  return run([...globalArgs(family), ...args], input, { ...BY_LINE, read });
}

/**
 * Never hangs: a process that exceeds the limit is killed, and one that holds its pipes open even then is
 * no longer waited for. Never fills the memory: one that prints without end is killed as well.
 *
 * @throws {IpError} when `ip` could not be started, did not exit in time or printed too much
 */
async function run(args: readonly string[], input: string, reading = WHOLE): Promise<IpOutput> {
  const { limitMs, mostBytes, read } = reading;
  // Not execa's own buffer: Bun reads ahead for it without a limit, whatever `maxBuffer` says.
  const options = { ...environmentOfIp(), reject: false, buffer: false, timeout: limitMs } as const;
  const child = startIp(() => execa("ip", args, { ...options, killSignal: "SIGKILL" }));
  child.stdin.end(input); // the option `input` costs a quarter of the run in streams
  let tooMuch = false;
  const stop = (): void => {
    tooMuch = true;
    child.kill();
  };
  const ended = Promise.all([child, read(child.stdout, mostBytes, stop), collect(child.stderr, WHOLE.mostBytes, stop)]);
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    limit = setTimeout(resolve, limitMs + 500, "late");
  });
  const end = await Promise.race([ended, late]).finally(() => clearTimeout(limit));
  if (tooMuch) {
    throw new IpError("too-much-output", `ip printed more than ${mostBytes >> 20} MiB and was killed`);
  }
  if (end === "late" || end[0].timedOut) {
    throw new IpError("timed-out", `ip did not exit within ${limitMs} ms and was killed`);
  }
  const [result, stdout, stderr] = end;
  if (result.exitCode === undefined) throw abnormalEnd(result);
  return { stdout, stderr, failed: result.failed };
}

function abnormalEnd({ signal, cause }: { readonly signal?: string; readonly cause?: unknown }): IpError {
  if (signal !== undefined) return new IpError("killed", `ip was ended by ${signal}`, cause);
  const { code = "unknown error" } = (cause ?? {}) as { code?: string };
  return new IpError(...(START_ERRORS[code] ?? (["failed", `cannot run ip: ${code}`] as const)), cause);
}

/** All that a stream gives until it closes. What exceeds the limit is dropped, and reported once. */
function collect(stream: Readable, mostBytes: number, onTooMuch: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let room = mostBytes;
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

/** Passes on each line of a stream until there is too much of it, which is reported. Resolves at its end. */
function eachLine(
  stream: Readable,
  mostBytes: number,
  onLine: (line: string) => void,
  onTooMuch: () => void,
): Promise<string> {
  const decoder = new TextDecoder();
  let rest = "";
  let room = mostBytes;
  stream.on("data", (chunk: Buffer) => {
    room -= chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    lines.forEach(onLine);
    if (rest.length <= LONGEST_LINE && room >= 0) return;
    stream.removeAllListeners("data").resume();
    onTooMuch();
  });
  return new Promise((resolve) => stream.once("close", () => resolve("")));
}
