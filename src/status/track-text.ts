import type { TrackFormat } from "../config/track-formats.ts";
import { isUsable, type PoolUse } from "./usable.ts";

/** Why a track file says that nothing is usable, whatever its pools had before. */
export type Idle = "starting" | "stopped";

/**
 * What a track file holds about these pools. A number is what keepalived reads (strtol in process_track_file of
 * keepalived/trackers/track_file.c). For a shell it is one line of assignments for each pool, in words that no shell takes
 * for anything else: a name of a pool has letters, digits, points, hyphens and underscores only.
 */
export function trackText(pools: readonly PoolUse[], format: TrackFormat, idle?: Idle): string {
  if (format === "number") return `${idle ? 0 : worthOf(pools)}\n`;
  return pools.map((pool) => `${lineOf(pool, pool.isStarting ? (idle ?? "starting") : idle)}\n`).join("");
}

/**
 * What a router of a pair is worth: the number of usable gateways of the pool that has the fewest, and 0 where one has fewer
 * than it needs. A router on which a pool has lost all gateways is worse than one on which each has some, however many the
 * other pools have: so it is the least, and not the sum.
 */
export function worthOf(pools: readonly PoolUse[]): number {
  const counts = pools.map((pool) => (isUsable(pool) ? pool.usable : 0));
  return counts.length === 0 ? 0 : Math.min(...counts);
}

function lineOf(pool: PoolUse, idle: Idle | undefined): string {
  const { name, usable, gateways, least = 1 } = pool;
  const state = idle ?? (isUsable(pool) ? "usable" : "unusable");
  const count = `usable=${idle ? 0 : usable} total=${gateways} least=${least} state=${state}`;
  return name === undefined ? count : `pool=${name} ${count}`;
}
