import type { Applied } from "../kernel.ts";
import type { Change, KernelError } from "../types.ts";
import { batchText, commandOf, commandText, groupRuns, splitByFamily } from "./batch.ts";
import { complaintOf, failedLinesOf } from "./complaint.ts";
import type { Run } from "./lists.ts";

/** Makes the changes in order, by as few runs of `ip` as can be, and stops at the first that is rejected. */
export async function applyChanges(run: Run, changes: readonly Change[], mostWords: number): Promise<Applied> {
  for (const { family, changes: some } of splitByFamily(changes)) {
    let done = 0;
    for (const group of groupRuns(some.map(commandOf), mostWords)) {
      const single = group.kind === "single";
      const { stderr, failed } = single
        ? await run(group.command, undefined, family)
        : await run(["-batch", "-"], batchText(group.commands), family);
      if (failed) {
        const line = single ? 1 : (failedLinesOf(stderr)[0] ?? Number.NaN);
        const change = some[done + line - 1];
        return { ok: false, failed: change, error: rejectionIn(stderr, change) };
      }
      done += single ? 1 : group.commands.length;
    }
  }
  return { ok: true };
}

/** Why the kernel rejected a change. */
function rejectionIn(stderr: string, failed: Change | undefined): KernelError {
  const { code, line } = complaintOf(stderr);
  if (code === "nexthop") return { code, detail: `the kernel rejected a change: ${line}` };
  const command = failed === undefined ? "" : ` (${commandText(failed).slice(0, MOST_SHOWN + "ip ".length)})`;
  return { code: "rejected", detail: `the kernel rejected a change: ${line}${command}` };
}

/** Characters of a command that a message shows; a route may have many nexthops. */
const MOST_SHOWN = 200;
