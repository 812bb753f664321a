import type { Kernel, Leftover } from "../routing/kernel.ts";
import type { Change } from "../routing/types.ts";
import type { Emit } from "./events.ts";
import { isTableLocked } from "./lock.ts";

/**
 * Removes what a killed run with another `-first-routing-table-id` left behind. Tables of instances that are running
 * are theirs.
 */
export async function removeLeftovers(kernel: Kernel, emit: Emit): Promise<void> {
  for (const leftover of await kernel.leftovers()) {
    const { table } = leftover;
    if (await isTableLocked(table)) continue;
    const changes = removalOf(leftover);
    const applied = await kernel.apply(changes, table);
    if (applied.ok) emit({ type: "cleaned", table, entries: changes.length });
    else throw new Error(`leftovers in table ${table} could not be removed: ${applied.message}`);
  }
}

/** What takes it away. Once no rule leads into a table, nothing depends on the order of its routes. */
export function removalOf({ rules, routes }: Leftover): Change[] {
  return [
    ...rules.map((rule): Change => ({ op: "delete-rule", rule })),
    ...routes.map((route): Change => ({ op: "delete-route", route })),
  ];
}
