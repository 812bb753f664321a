import type { Kernel } from "../routing/kernel.ts";
import { type Leftover, placeOf, removalOf } from "../routing/leftovers.ts";
import type { Emit } from "./events.ts";
import { isGuardLocked, isTableLocked } from "./lock.ts";

/**
 * Removes what a killed run with another `-first-routing-table-id` or `-first-rule-preference` left behind. What belongs
 * to instances that are running is theirs.
 */
export async function removeLeftovers(kernel: Kernel, emit: Emit): Promise<void> {
  for (const leftover of await abandonedAmong(await kernel.leftovers())) {
    const changes = removalOf(leftover);
    const applied = await kernel.apply(changes, leftover.kind === "table" ? leftover.table : 0);
    const where = placeOf(leftover);
    if (applied.ok) emit({ type: "cleaned", where, entries: changes.length });
    else throw new Error(`leftovers in ${where} could not be removed: ${applied.message}`);
  }
}

/** Those that belong to no running instance. */
export async function abandonedAmong(leftovers: readonly Leftover[]): Promise<Leftover[]> {
  const held = await Promise.all(
    leftovers.map((one) => (one.kind === "table" ? isTableLocked(one.table) : isGuardLocked(one.base))),
  );
  return leftovers.filter((_, index) => !held[index]);
}
