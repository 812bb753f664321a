import { type Config, type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import type { ProbeTables } from "../routing/types.ts";
import { KILL_SWITCH_SPAN, rejectTypeOf } from "../routing/kill-switch.ts";
import { MOST_PROBE_TABLES, PROBE_SPAN } from "../routing/probe-tables.ts";
import { hex } from "../text/hex.ts";
import { pastDiagnoses } from "./diagnosis-locks.ts";
import type { Squatter } from "./held-locks.ts";
import { type Lock, lockPreferences, lockTable, managerOf, socketOf } from "./instance-lock.ts";
import { type Holder, holderText } from "./lock-holder.ts";
import { LOCKS } from "./lock-sockets.ts";
import { lockProbes, type Overlap, probesAmong } from "./probe-locks.ts";
import { StartError } from "./start-error.ts";

/** What this instance has for itself, by what it is. */
export interface PoolLocks extends Lock {
  readonly parts: ReadonlyMap<string, Lock>;
  readonly despite: readonly Squatter[];
}

/**
 * Locks the tables and the preferences of all pools for this instance, and those for probes, all or none.
 *
 * @param held what it has already, and keeps in any case
 * @throws {StartError} when another running instance has one of them
 */
export async function lockPools(config: Config, held: ReadonlyMap<string, Lock> = new Map()): Promise<PoolLocks> {
  const parts = new Map<string, Lock>();
  const add = async (part: string, take: () => Lock | Promise<Lock>): Promise<void> => {
    if (!held.has(part) && !parts.has(part)) parts.set(part, await take());
  };
  try {
    for (const pool of config.pools) await add(tablePart(pool), () => lockManagedTable(pool));
    const tables = probeTablesOf(config);
    if (tables) await add(probesPart(tables), () => lockProbeTables(tables));
    for (const pool of config.pools) await add(rulesPart(pool), () => lockRules(pool, ownRules(held)));
  } catch (error) {
    releaseAll(parts.values());
    throw error;
  }
  return locksOf(new Map([...held, ...parts]));
}

/** Keeps what these pools need, and releases the rest. */
export function keepLocks(
  { parts }: PoolLocks,
  pools: readonly PoolConfig[],
  probes: ProbeTables | undefined,
): PoolLocks {
  const needed = new Set([
    ...pools.flatMap((pool) => [tablePart(pool), rulesPart(pool)]),
    probes && probesPart(probes),
  ]);
  const [kept, others] = [true, false].map((is) => [...parts].filter(([part]) => needed.has(part) === is));
  releaseAll(others!.map(([, lock]) => lock));
  return locksOf(new Map(kept));
}

function locksOf(parts: ReadonlyMap<string, Lock>): PoolLocks {
  const despite = [...parts.values()].flatMap(({ despite: some = [] }) => some);
  return { parts, despite, release: () => releaseAll(parts.values()) };
}

function releaseAll(locks: Iterable<Lock>): void {
  for (const lock of locks) lock.release();
}

function tablePart({ table }: PoolConfig): string {
  return `table ${table}`;
}

function rulesPart(pool: PoolConfig): string {
  return ruleSocket(pool.preference, hasKillSwitch(pool));
}

function probesPart({ preference, table, mark }: ProbeTables): string {
  return `probes ${preference} ${table} ${mark}`;
}

function ruleSocket(preference: number, killSwitch: boolean): string {
  return killSwitch ? socketOf.killSwitch(preference) : socketOf.rule(preference);
}

/** The sockets of rules among what is held. */
function ownRules(held: ReadonlyMap<string, Lock>): ReadonlySet<string> {
  return new Set([...held.keys()].filter((part) => part.startsWith(LOCKS)));
}

/** The names of the sockets of all locks of a configuration. */
export function lockNamesOf(config: Config): string[] {
  const tables = probeTablesOf(config);
  const ofProbes = tables
    ? [socketOf.probes(tables.preference), socketOf.probeTables(tables.table), socketOf.probeMark(tables.mark)]
    : [];
  return [...config.pools.flatMap((pool) => [socketOf.table(pool.table), rulesPart(pool)]), ...ofProbes];
}

function hasKillSwitch({ whenNoGateways }: PoolConfig): boolean {
  return rejectTypeOf(whenNoGateways) !== undefined;
}

function lockManagedTable(pool: PoolConfig): Lock {
  const { table } = tableRefOf(pool);
  const lock = lockTable(table);
  if (lock) return lock;
  throw new StartError(
    "table-locked",
    inPool(pool, withHolder(`another instance manages table ${table}`, managerOf(table))),
    pool.name === undefined
      ? "stop it, or give this one its own -first-routing-table-id and -first-rule-preference"
      : "stop it, or give this pool its own table and preference",
  );
}

/** Locks the rules and tables for probes. */
async function lockProbeTables(tables: ProbeTables): Promise<Lock> {
  const lock = await pastDiagnoses(() => lockProbes(tables));
  if ("overlap" in lock) throw probesLocked(lock.overlap, tables);
  return lock;
}

/** Another running instance has rules, tables or marks for probes, or leads probes to its gateways. */
export function probesLocked(overlap: Overlap, tables: ProbeTables): StartError {
  const remedy =
    overlap.what === "rule"
      ? "give this one a lower -probe-rule-preference"
      : "give this one its own -probe-rule-preference, -first-probe-table-id and -probe-mark";
  return new StartError("probes-locked", withHolder(overlapText(overlap, tables), overlap.held?.holder), remedy);
}

function overlapText({ what, value }: Overlap, { preference, table }: ProbeTables): string {
  const preferences = `the preferences ${preference} to ${preference + PROBE_SPAN - 1} of the rules for probes`;
  const tables = `the tables ${table} to ${table + MOST_PROBE_TABLES - 1} for probes`;
  switch (what) {
    case "preference":
      return `another running instance with -probe-rule-preference ${value} overlaps ${preferences}`;
    case "table":
      return `another running instance with -first-probe-table-id ${value} overlaps ${tables}`;
    case "mark":
      return `another running instance probes with -probe-mark ${hex(value)}`;
    case "managed-table":
      return `another running instance manages table ${value}, one of ${tables}`;
    case "rule":
      return `the rule of another running instance with -first-rule-preference ${value} does not come after ${preferences}`;
  }
}

async function lockRules(pool: PoolConfig, own: ReadonlySet<string>): Promise<Lock> {
  const tableRef = tableRefOf(pool);
  const { preference } = tableRef;
  const killSwitch = hasKillSwitch(pool);
  const lock = await lockPreferences(preference, killSwitch, own);
  if ("rival" in lock) {
    throw new StartError(
      "preference-locked",
      inPool(
        pool,
        withHolder(
          `another running instance with ${preferenceKey(pool)} ${lock.rival} overlaps ${preferenceText(preference, killSwitch)}`,
          lock.holder,
        ),
      ),
      `give one of them a ${preferenceKey(pool)} that is ${KILL_SWITCH_SPAN} or more away`,
    );
  }
  const unlessProbed = await pastDiagnoses(() => {
    const overlap = probesAmong(tableRef);
    return overlap === undefined ? lock : { overlap };
  });
  if (!("overlap" in unlessProbed)) return unlessProbed;
  lock.release();
  throw takenByProbes(unlessProbed.overlap, pool);
}

function takenByProbes({ what, value, held }: Overlap, pool: PoolConfig): StartError {
  const { table, preference } = pool;
  const inThePool = (detail: string): string => inPool(pool, withHolder(detail, held?.holder));
  return what === "table"
    ? new StartError(
        "table-locked",
        inThePool(`another running instance with -first-probe-table-id ${value} has table ${table} for probes`),
        pool.name === undefined ? "give this one another -first-routing-table-id" : "give this pool another table",
      )
    : new StartError(
        "preference-locked",
        inThePool(
          `preference ${preference} does not come after the rules for probes of another running instance with -probe-rule-preference ${value}`,
        ),
        `give this one a ${preferenceKey(pool)} from ${value + PROBE_SPAN} on`,
      );
}

/** The flag of the one pool without a name, or the key of a pool with one. */
function preferenceKey({ name }: PoolConfig): string {
  return name === undefined ? "-first-rule-preference" : "preference";
}

/** @param holder undefined where it has left just now */
function withHolder(detail: string, holder: Holder | undefined): string {
  return holder === undefined ? detail : `${detail} (${holderText(holder)})`;
}

function inPool({ name }: PoolConfig, detail: string): string {
  return name === undefined ? detail : `pool ${name}: ${detail}`;
}

function preferenceText(preference: number, killSwitch: boolean): string {
  return killSwitch
    ? `the preferences ${preference} to ${preference + KILL_SWITCH_SPAN - 1}`
    : `preference ${preference}`;
}
