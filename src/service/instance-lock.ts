import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";
import { type HeldLocks, readHeldLocks, type Squatter, squattersOn } from "./held-locks.ts";
import type { Holder } from "./lock-holder.ts";
import { alternativeOf } from "./lock-sockets.ts";

/**
 * Abstract unix sockets (unix(7)): they belong to the network namespace like the tables and rules they stand for, so
 * containers that share the host's network see each other, and they vanish with their process, however that ends.
 *
 * Every user may bind such a name. So a lock counts only if its holder can be a service (`mayBeService`), and where another
 * process has the name, a service takes an alternative name that cannot be foreseen. Each looks for both after it has
 * taken its own: of two services that start at once, at least one finds the other.
 */
export const socketOf = {
  table: (table: number): string => `\0gateway-route-manager/table/${table}`,
  /** An instance's rule with this preference, without a kill switch behind it. */
  rule: (preference: number): string => `\0gateway-route-manager/rule/${preference}`,
  /** An instance's rule with this preference, and the kill switch behind it. */
  killSwitch: (preference: number): string => `\0gateway-route-manager/guard/${preference}`, // as version 0.1.0 names it
  /** An instance's rules for probes from this preference on. */
  probes: (preference: number): string => `\0gateway-route-manager/probes/${preference}`,
  /** An instance's tables for probes from this one on. */
  probeTables: (table: number): string => `\0gateway-route-manager/probe-tables/${table}`,
  /** An instance's marks of probes after this one. */
  probeMark: (mark: number): string => `\0gateway-route-manager/probe-mark/${mark}`,
};

/** A table or preferences that one running instance has for itself. */
export interface Lock {
  /** Processes that had the names of its sockets, but are no services. */
  readonly despite?: readonly Squatter[];
  release(): void;
}

/**
 * Locks a table for this instance.
 *
 * @returns undefined when another running instance has locked it
 */
export function lockTable(table: number): Lock | undefined {
  return take(socketOf.table(table));
}

/** The process that manages the table; undefined where none does. */
export function managerOf(table: number): Holder | undefined {
  return readHeldLocks().of(socketOf.table(table))?.holder;
}

/** The processes of all running instances. */
export function managers(): Holder[] {
  return readHeldLocks().holders(socketOf.table);
}

/** Whether a running instance has rules for probes from this preference on. */
export async function areProbesLocked(preference: number): Promise<boolean> {
  return readHeldLocks().of(socketOf.probes(preference)) !== undefined;
}

/** Whether a running instance manages the table. */
export async function isTableLocked(table: number): Promise<boolean> {
  return managerOf(table) !== undefined;
}

/** Those of these tables that running instances manage. */
export async function lockedTables(tables: Iterable<number>): Promise<ReadonlySet<number>> {
  const held = readHeldLocks();
  return new Set([...tables].filter((table) => held.of(socketOf.table(table)) !== undefined));
}

/** Whether a running instance has a kill switch behind its rule with this preference. */
export async function isKillSwitchLocked(preference: number): Promise<boolean> {
  return readHeldLocks().of(socketOf.killSwitch(preference)) !== undefined;
}

/** Another running instance with a rule that overlaps. */
export interface Rival {
  /** The preference of its rule. */
  readonly rival: number;
  /** Undefined where it has left just now. */
  readonly holder: Holder | undefined;
}

/**
 * Locks the preferences of the own rules. Two rules into tables may share one; a kill switch needs its preferences for
 * itself, or it would reject packets that another instance routes.
 *
 * @param killSwitch whether there is a kill switch behind the rule
 * @param own names of sockets of this instance, which are no rivals
 * @returns the preference of the rule of another running instance that overlaps, if there is one
 */
export async function lockPreferences(
  preference: number,
  killSwitch: boolean,
  own: ReadonlySet<string> = new Set(),
): Promise<Lock | Rival> {
  const name = killSwitch ? socketOf.killSwitch(preference) : socketOf.rule(preference);
  const lock = take(name);
  const held = readHeldLocks();
  if (!lock && killSwitch) return { rival: preference, holder: held.of(name)?.holder };
  const rival = findRival(held, preference, killSwitch, own);
  if (rival === undefined) return lock ?? { release() {} };
  lock?.release();
  return rival;
}

/** To be called with the own lock taken: of two instances that start at once, at least one then finds the other. */
function findRival(
  held: HeldLocks,
  preference: number,
  killSwitch: boolean,
  own: ReadonlySet<string>,
): Rival | undefined {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const last = preference + (killSwitch ? KILL_SWITCH_SPAN - 1 : 0);
  const bases = range(preference - KILL_SWITCH_SPAN + 1, last).filter((one) => !killSwitch || one !== preference);
  const rules = killSwitch ? range(preference, last) : [];
  const names = [
    ...bases.map((one) => [one, socketOf.killSwitch(one)] as const),
    ...rules.map((one) => [one, socketOf.rule(one)] as const),
  ];
  for (const [rival, name] of names) {
    const found = own.has(name) ? undefined : held.of(name);
    if (found) return { rival, holder: found.holder };
  }
  return undefined;
}

/** What a process that has a lock answers to one that asks for it. */
export const DENIAL = "-";
const CONSENT = "+";

type Peer = Bun.Socket<undefined>;

/**
 * @param onAsked called when another process asks for the lock; undefined to deny it
 * @returns undefined when another running instance has it
 */
export function take(name: string, onAsked?: () => void): Lock | undefined {
  const free = listenOn(name, onAsked);
  if (!free && readHeldLocks().of(name)) return undefined;
  const socket = free ? name : alternativeOf(name);
  const listener = free ?? listenOn(socket, onAsked)!;
  if (readHeldLocks().of(name, socket) === undefined) {
    return { release: () => listener.stop(true), ...(free ? {} : { despite: squattersOn([name]) }) };
  }
  listener.stop(true);
  return undefined;
}

/** Undefined where another socket has this name. */
function listenOn(name: string, onAsked: (() => void) | undefined): { stop(close: boolean): void } | undefined {
  const deny = (peer: Peer): void => void peer.end(DENIAL); // at once: any process may connect, and keep connections
  const consent = (peer: Peer): void => {
    peer.end(CONSENT);
    onAsked?.();
  };
  try {
    return Bun.listen({ unix: name, socket: onAsked ? { data: consent } : { open: deny, data() {} } });
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") return undefined;
    throw error;
  }
}
