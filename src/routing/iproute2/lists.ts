import { complaintOf, failedLinesOf, rejectedLinesOf } from "./complaint.ts";
import { unexpected } from "./fields.ts";
import { IpError } from "./error.ts";
import type { IpOutput, RunFamily } from "./run.ts";

/** Runs `ip` once, as `runIp` does: for IPv4 where no family is named. */
export type Run = (args: readonly string[], input?: string, family?: RunFamily) => Promise<IpOutput>;

/** The same for another family. */
export function runFor(family: RunFamily, run: Run): Run {
  return (args, input) => run(args, input, family);
}

/**
 * Lists from one run of `ip -batch`, each the JSON text of one command.
 *
 * @throws {IpError} when `ip` could not be run, or did not list everything
 */
export async function readLists(run: Run, shows: readonly string[]): Promise<readonly string[]> {
  return (await readListsAndLookUps(run, shows, [])).lists;
}

/**
 * The same, followed by the answers to look-ups. `-force` goes on after an error, so that a look-up may fail.
 *
 * @param lookUps commands that print nothing when they fail
 * @returns also the indexes of the look-ups that failed since a route or rule rejects such packets
 */
export async function readListsAndLookUps(
  run: Run,
  shows: readonly string[],
  lookUps: readonly string[],
): Promise<{ readonly lists: readonly string[]; readonly rejected: readonly number[] }> {
  const { lists, stderr } = await runBatch(run, [...shows, ...lookUps]);
  const lacking = lists.length < shows.length;
  if (failedLinesOf(stderr).some((line) => line <= shows.length) || (lacking && stderr !== "")) {
    throw new IpError("failed", `cannot read the state of the kernel: ${complaintOf(stderr).line}`);
  }
  if (lacking) throw unexpected("a list for each command");
  return { lists, rejected: rejectedLinesOf(stderr).map((line) => line - 1 - shows.length) };
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
