/** Tables and preferences of the system (linux/rtnetlink.h, fib_default_rules_init in net/ipv4/fib_rules.c). */

/** The table of a route that names none. */
export const MAIN_TABLE = 254;

/** The table of this machine's own addresses, which has to come before all others. */
export const LOCAL_TABLE = 255;

/** Every table that exists on its own, with the name that `ip` gives it. */
export const SYSTEM_TABLES: ReadonlyMap<number, string> = new Map([
  [253, "default"],
  [MAIN_TABLE, "main"],
  [LOCAL_TABLE, "local"],
]);

/** The last preference before that of the rule that leads into the main table. */
export const LAST_PREFERENCE = 32765;
