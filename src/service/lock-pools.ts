import { type PoolConfig, probeTablesOf, tableRefOf } from "../config/parse.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { type Lock, lockPreferences, lockProbes, lockTable } from "./instance-lock.ts";
import { StartError } from "./start-error.ts";

/**
 * Locks the tables and the preferences of these pools for this instance, all or none.
 *
 * @throws {StartError} when another running instance has one of them
 */
export async function lockPools(pools: readonly PoolConfig[]): Promise<Lock> {
  const locks: Lock[] = [];
  const release = (): void => locks.forEach((lock) => lock.release());
  try {
    for (const pool of pools) locks.push(...(await locksOf(pool)));
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

async function locksOf(pool: PoolConfig): Promise<readonly Lock[]> {
  const { table, preference } = tableRefOf(pool);
  const lock = lockTable(table);
  if (!lock) {
    throw new StartError(
      "table-locked",
      `another instance manages table ${table}`,
      "stop it, or give this one its own -first-routing-table-id and -first-rule-preference",
    );
  }
  const tables = probeTablesOf(pool);
  const probes = tables && lockProbes(tables);
  if (tables && !probes) {
    lock.release();
    throw new StartError(
      "probes-locked",
      `another running instance probes with -probe-rule-preference ${tables.preference} or -first-probe-table-id ${tables.table}`,
      "give this one its own -probe-rule-preference, -first-probe-table-id and -probe-mark",
    );
  }
  const locks = [lock, ...(probes ? [probes] : [])];
  const killSwitch = rejectTypeOf(pool.whenNoGateways) !== undefined;
  const preferences = await lockPreferences(preference, killSwitch);
  if (!("rival" in preferences)) return [...locks, preferences];
  locks.forEach((one) => one.release());
  throw new StartError(
    "preference-locked",
    `another running instance with -first-rule-preference ${preferences.rival} overlaps ${preferenceText(preference, killSwitch)}`,
    `give one of them a -first-rule-preference that is ${KILL_SWITCH_SPAN} or more away`,
  );
}

function preferenceText(preference: number, killSwitch: boolean): string {
  return killSwitch
    ? `the preferences ${preference} to ${preference + KILL_SWITCH_SPAN - 1}`
    : `preference ${preference}`;
}
