import { same } from "../config/difference.ts";
import { formatDuration } from "../net/duration.ts";
import type { Log } from "../log/log.ts";
import type { Emit } from "../events/events.ts";
import type { Kernel } from "../routing/kernel.ts";
import { isPlaceOf, type Orphan, orphanText, removalOf } from "../routing/orphans.ts";
import type { PoolPlaces } from "../routing/types.ts";
import { areProbesLocked, isKillSwitchLocked, lockedTables } from "./instance-lock.ts";
import { probeTablesAmong } from "./probe-locks.ts";

/** After a crash of several instances, so much time for the others to start and lock their tables again. */
const OTHERS_START_MS = 3000;

const RETRY_MS = 60_000;

/**
 * Removes what killed runs with other tables or preferences left behind, or in a family that is routed no more, once, soon
 * after the own routes have been set. What belongs to instances that are running is theirs.
 *
 * @param own where the pools of this instance keep their routes now
 * @returns what to call whenever the own routes are set
 */
export function createOrphanCleaner(kernel: Kernel, own: OwnPlaces, emit: Emit, log: Log): () => void {
  const cleanUp = (): void => {
    void removeOrphans(kernel, own, emit).catch((error: Error) => {
      log("error", `cannot remove what an earlier run left: ${error.message}; next try in ${formatDuration(RETRY_MS)}`);
      setTimeout(cleanUp, RETRY_MS).unref();
    });
  };
  let begun = false;
  return () => {
    if (begun) return;
    begun = true;
    setTimeout(cleanUp, OTHERS_START_MS).unref();
  };
}

type OwnPlaces = () => readonly PoolPlaces[];

async function removeOrphans(kernel: Kernel, own: OwnPlaces, emit: Emit): Promise<void> {
  const places = own();
  for (const orphan of await abandonedAmong(await kernel.orphans(places), places)) {
    if (!same(own(), places)) return removeOrphans(kernel, own, emit); // a reload may have a use for it by now
    const changes = removalOf(orphan);
    const applied = await kernel.apply(changes);
    if (!applied.ok) throw new Error(`${orphanText(orphan)}: ${applied.error.detail}`);
    emit({ type: "cleaned", orphan, entries: changes.length });
  }
}

/**
 * Those that belong to no running instance, without routes in tables that one has by now.
 *
 * @param own where the pools of this instance are: what is left there in another family is no other instance's
 */
export async function abandonedAmong(orphans: readonly Orphan[], own: readonly PoolPlaces[] = []): Promise<Orphan[]> {
  const tables = orphans.flatMap(tablesOf).filter((table) => !isPlaceOf(own, table));
  const used = (await lockedTables(tables)).union(probeTablesAmong(tables));
  const locked = await Promise.all(
    orphans.map((one) => {
      switch (one.kind) {
        case "table":
        case "markers":
          return used.has(one.table);
        case "kill-switch":
          return !own.some(({ tableRef }) => tableRef.preference === one.base) && isKillSwitchLocked(one.base);
        case "probes":
          return !own.some(({ probes }) => probes?.preference === one.base) && areProbesLocked(one.base);
      }
    }),
  );
  const isUnused = ({ table }: { readonly table: number }): boolean => !used.has(table);
  return orphans
    .filter((_, index) => !locked[index])
    .map((one) => (one.kind === "probes" ? { ...one, routes: one.routes.filter(isUnused) } : one));
}

function tablesOf(orphan: Orphan): number[] {
  switch (orphan.kind) {
    case "table":
    case "markers":
      return [orphan.table];
    case "kill-switch":
      return [];
    case "probes":
      return orphan.routes.map(({ table }) => table);
  }
}
