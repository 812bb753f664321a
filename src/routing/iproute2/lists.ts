import { complaintOf, failedLinesOf } from "./complaint.ts";
import { unexpected } from "./fields.ts";
import { IpError } from "./error.ts";
import type { IpOutput } from "./run.ts";

/** Runs `ip` once, as `runIp` does. */
export type Run = (args: readonly string[], input?: string) => Promise<IpOutput>;

/**
 * Lists from one run of `ip -batch`, each the JSON text of one command. `-force` goes on after an error, so that a look-up
 * may fail.
 *
 * @param shows commands that must succeed
 * @param lookUps commands that print nothing when they fail
 * @throws {IpError} when `ip` could not be run, or did not list everything
 */
export async function readLists(
  run: Run,
  shows: readonly string[],
  lookUps: readonly string[] = [],
): Promise<readonly string[]> {
  const { lists, stderr } = await runBatch(run, [...shows, ...lookUps]);
  const lacking = lists.length < shows.length;
  if (failedLinesOf(stderr).some((line) => line <= shows.length) || (lacking && stderr !== "")) {
    throw new IpError("failed", `cannot read the state of the kernel: ${complaintOf(stderr).line}`);
  }
  if (lacking) throw unexpected("a list for each command");
  return lists;
}

/**
 * The answer to each look-up, from one run; undefined for one that failed.
 *
 * @throws {IpError} when `ip` could not be run
 */
export async function readAnswers(run: Run, lookUps: readonly string[]): Promise<readonly (string | undefined)[]> {
  const { lists, stderr } = await runBatch(run, lookUps);
  const failed = new Set(failedLinesOf(stderr));
  const answers = lists.values();
  return lookUps.map((_, index) => (failed.has(index + 1) ? undefined : answers.next().value));
}

async function runBatch(run: Run, commands: readonly string[]) {
  const input = commands.map((line) => `${line}\n`).join("");
  const { stdout, stderr } = await run(["-j", "-force", "-batch", "-"], input);
  return { lists: stdout.split("\n").filter((line) => line !== ""), stderr };
}
