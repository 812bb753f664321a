import { KILL_SWITCH_SPAN, rejectTypeOf, type WhenNoGateways } from "../routing/kill-switch.ts";
import type { TableRef } from "../routing/types.ts";
import { type Lock, lockPreferences, lockTable } from "./instance-lock.ts";
import { StartError } from "./preflight.ts";

/**
 * Takes the table and the preferences for this instance alone, both or none.
 *
 * @throws {StartError} when another running instance is in the way
 */
export async function claimPlace({ table, preference }: TableRef, whenNoGateways: WhenNoGateways): Promise<Lock> {
  const lock = lockTable(table);
  if (!lock) {
    throw new StartError(
      `another instance manages table ${table}`,
      "stop it, or give this one its own -first-routing-table-id and -first-rule-preference",
    );
  }
  const guarded = rejectTypeOf(whenNoGateways) !== undefined;
  const preferences = await lockPreferences(preference, guarded);
  if ("rival" in preferences) {
    lock.release();
    throw new StartError(
      `another running instance with -first-rule-preference ${preferences.rival} is in the way of ${preferenceText(preference, guarded)}`,
      `give one of them a -first-rule-preference that is ${KILL_SWITCH_SPAN} or more away`,
    );
  }
  return {
    release() {
      lock.release();
      preferences.release();
    },
  };
}

function preferenceText(preference: number, guarded: boolean): string {
  return guarded ? `the preferences ${preference} to ${preference + KILL_SWITCH_SPAN - 1}` : `preference ${preference}`;
}
