import { execa } from "execa";

/** What a run of `ip` gave. */
export interface IpOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

/** A healthy `ip` needs milliseconds; a hung one must not hold up the service. */
const RUN_LIMIT_MS = 5000;

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
 * is no longer waited for.
 *
 * @throws when `ip` could not be started or did not end in time
 */
export async function runIp(args: readonly string[], input = ""): Promise<IpOutput> {
  const options = { input, env: ENVIRONMENT, reject: false, timeout: RUN_LIMIT_MS, killSignal: "SIGKILL" } as const;
  const child = startIp(() => execa("ip", args, options));
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    limit = setTimeout(resolve, RUN_LIMIT_MS + 500, "late");
  });
  const result = await Promise.race([child, late]).finally(() => clearTimeout(limit));
  // The same words whatever was run, so that a trouble that lasts is one trouble.
  if (result === "late" || result.timedOut) throw new Error(`ip did not end within ${RUN_LIMIT_MS} ms, and was killed`);
  if (result.exitCode === undefined) {
    const { code = "" } = (result.cause ?? {}) as { code?: string };
    const why = UNSTARTED[code] ?? (result.signal ? `it was ended by ${result.signal}` : result.shortMessage);
    throw new Error(`ip cannot be run: ${why}`, { cause: result.cause });
  }
  return { stdout: result.stdout, stderr: result.stderr, failed: result.failed };
}
