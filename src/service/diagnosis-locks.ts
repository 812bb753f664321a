import { connect } from "node:net";

import { steadyNow } from "../time/clock.ts";
import { DENIAL, type Lock } from "./instance-lock.ts";
import { lockProbes, type Overlap } from "./probe-locks.ts";
import type { ProbeTables } from "../routing/types.ts";

/*
 * `check` and `plan` have the rules and tables for probes for some seconds. A service must not fail to start because of
 * them: it asks them to leave, by a byte on the socket of their lock. A running service denies that to all that connect.
 */

/** A lock for a short time. */
export interface DiagnosisLock extends Lock {
  /** Resolves when a service that starts needs what is locked. */
  readonly wanted: Promise<void>;
}

/** Locks what probes need as a diagnosis does. */
export function lockForDiagnosis(tables: ProbeTables): DiagnosisLock | { readonly overlap: Overlap } {
  const { promise: wanted, resolve } = Promise.withResolvers<void>();
  const lock = lockProbes(tables, resolve);
  return "overlap" in lock ? lock : { ...lock, wanted };
}

/** How long a diagnosis may take to remove what it has made, in milliseconds. */
const LEAVING_MS = 5000;
/** The wait between two attempts, in milliseconds. */
const PAUSE_MS = 20;

/** How long to wait before the question, in milliseconds: a running service denies within this time, without one. */
const DENIAL_MS = 50;
/** How long to wait for an answer, in milliseconds; without one the lock stays. */
const ANSWER_MS = 1000;

/** Repeats an attempt while what overlaps is a diagnosis that leaves when it is asked to, for `LEAVING_MS` at most. */
export async function pastDiagnoses<T extends object>(
  attempt: () => T | { readonly overlap: Overlap },
): Promise<T | { readonly overlap: Overlap }> {
  const end = steadyNow() + LEAVING_MS;
  for (;;) {
    const result = attempt();
    if (!("overlap" in result) || steadyNow() > end || !(await leaves(result.overlap))) return result;
    await Bun.sleep(PAUSE_MS);
  }
}

/** What a diagnosis locks. */
const OF_DIAGNOSIS: readonly Overlap["what"][] = ["preference", "table", "mark"];

/** Whether what overlaps is of a diagnosis that leaves, or has just left. */
async function leaves({ what, held }: Overlap): Promise<boolean> {
  return OF_DIAGNOSIS.includes(what) && (held === undefined || (await askToLeave(held.socket)));
}

function askToLeave(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: name });
    const finish = (leaves: boolean): void => {
      socket.destroy();
      resolve(leaves);
    };
    socket.setTimeout(ANSWER_MS, () => finish(false));
    setTimeout(() => socket.writable && socket.write("?"), DENIAL_MS);
    socket.once("data", (answer) => finish(String(answer) !== DENIAL));
    for (const end of ["close", "error"]) socket.on(end, () => finish(true));
  });
}
