import { formatDuration } from "../net/duration.ts";
import type { Kernel } from "../routing/iproute2/kernel.ts";
import { type Orphan, placeOf, removalOf } from "../routing/orphans.ts";
import type { Log } from "../log/log.ts";
import type { Emit } from "../events/events.ts";
import { isKillSwitchLocked, isTableLocked } from "./instance-lock.ts";

/** After a crash of several instances, so much time for the others to start and claim their tables again. */
const SIBLINGS_MS = 3000;

const RETRY_MS = 60_000;

/** Follows events, and cleans up once, soon after the own routes have been set. Tries again until that succeeds. */
export function createOrphanCleaner(kernel: Kernel, emit: Emit, log: Log): Emit {
  const cleanUp = (): void => {
    void removeLeftovers(kernel, emit).catch((error: Error) => {
      log("error", `leftovers of an earlier run: ${error.message}; trying again in ${formatDuration(RETRY_MS)}`);
      setTimeout(cleanUp, RETRY_MS).unref();
    });
  };
  let begun = false;
  return ({ type }) => {
    if (type !== "settled" || begun) return;
    begun = true;
    setTimeout(cleanUp, SIBLINGS_MS).unref();
  };
}

/**
 * Removes what a killed run with another `-first-routing-table-id` or `-first-rule-preference` left behind. What belongs
 * to instances that are running is theirs.
 */
async function removeLeftovers(kernel: Kernel, emit: Emit): Promise<void> {
  for (const orphan of await abandonedAmong(await kernel.orphans())) {
    const changes = removalOf(orphan);
    const applied = await kernel.apply(changes, orphan.kind === "table" ? orphan.table : 0);
    const where = placeOf(orphan);
    if (applied.ok) emit({ type: "cleaned", where, entries: changes.length });
    else throw new Error(`leftovers in ${where} could not be removed: ${applied.message}`);
  }
}

/** Those that belong to no running instance. */
export async function abandonedAmong(orphans: readonly Orphan[]): Promise<Orphan[]> {
  const held = await Promise.all(
    orphans.map((one) => (one.kind === "table" ? isTableLocked(one.table) : isKillSwitchLocked(one.base))),
  );
  return orphans.filter((_, index) => !held[index]);
}
