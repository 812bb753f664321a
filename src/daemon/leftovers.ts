import type { Kernel } from "../routing/kernel.ts";
import type { Change } from "../routing/types.ts";
import type { Emit } from "./events.ts";
import { isTableLocked } from "./lock.ts";

/**
 * Removes what a killed run with another `-first-routing-table-id` left behind. Tables of instances that are running
 * are theirs.
 */
export async function removeLeftovers(kernel: Kernel, emit: Emit): Promise<void> {
  for (const { table, rules, routes } of await kernel.leftovers()) {
    if (await isTableLocked(table)) continue;
    // Once no rule leads into a table, nothing depends on the order of its routes.
    const changes: Change[] = [
      ...rules.map((rule): Change => ({ op: "delete-rule", rule })),
      ...routes.map((route): Change => ({ op: "delete-route", route })),
    ];
    const applied = await kernel.apply(changes, table);
    if (applied.ok) emit({ type: "cleaned", table, entries: changes.length });
    else throw new Error(`leftovers in table ${table} could not be removed: ${applied.message}`);
  }
}
