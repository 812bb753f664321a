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
 * Runs `ip` once. Never hangs: a process that ignores the limit is killed, and one that holds its pipes open even then
 * is no longer waited for.
 *
 * @throws when `ip` could not be started or did not end in time
 */
export async function runIp(args: readonly string[], input = ""): Promise<IpOutput> {
  const child = execa("ip", args, {
    input,
    env: ENVIRONMENT,
    reject: false,
    timeout: RUN_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  let limit: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    limit = setTimeout(resolve, RUN_LIMIT_MS + 500, "late");
  });
  const result = await Promise.race([child, late]).finally(() => clearTimeout(limit));
  if (result === "late" || result.timedOut)
    throw new Error(`ip ${args.join(" ")} did not end within ${RUN_LIMIT_MS} ms`);
  if (result.exitCode === undefined) {
    throw new Error(`ip cannot be run: ${result.shortMessage ?? "killed"}`, { cause: result.cause });
  }
  return { stdout: result.stdout, stderr: result.stderr, failed: result.failed };
}
