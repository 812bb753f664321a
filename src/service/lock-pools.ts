import { type PoolConfig, tableRefOf } from "../config/parse.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { type Lock, lockPreferences, lockTable } from "./instance-lock.ts";
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
  const killSwitch = rejectTypeOf(pool.whenNoGateways) !== undefined;
  const preferences = await lockPreferences(preference, killSwitch);
  if (!("rival" in preferences)) return [lock, preferences];
  lock.release();
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
