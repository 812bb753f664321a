import { connect } from "node:net";

import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";

/**
 * Abstract unix sockets (unix(7)): they belong to the network namespace like the tables and rules they stand for, so
 * containers that share the host's network see each other, and they vanish with their process, however that ends.
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

/** Whether a running instance has rules for probes from this preference on. */
export function areProbesLocked(preference: number): Promise<boolean> {
  return isTaken(socketOf.probes(preference));
}

/** Whether a running instance manages the table. */
export function isTableLocked(table: number): Promise<boolean> {
  return isTaken(socketOf.table(table));
}

/** Those of these tables that running instances manage. */
export async function lockedTables(tables: Iterable<number>): Promise<ReadonlySet<number>> {
  const all = [...new Set(tables)];
  const locked = await Promise.all(all.map(isTableLocked));
  return new Set(all.filter((_, index) => locked[index]));
}

/** Whether a running instance has a kill switch behind its rule with this preference. */
export function isKillSwitchLocked(preference: number): Promise<boolean> {
  return isTaken(socketOf.killSwitch(preference));
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
): Promise<Lock | { readonly rival: number }> {
  const lock = take(killSwitch ? socketOf.killSwitch(preference) : socketOf.rule(preference));
  if (!lock && killSwitch) return { rival: preference };
  const rival = await findRival(preference, killSwitch, own);
  if (rival === undefined) return lock ?? { release() {} };
  lock?.release();
  return { rival };
}

/** To be called with the own lock taken: of two instances that start at once, at least one then finds the other. */
async function findRival(
  preference: number,
  killSwitch: boolean,
  own: ReadonlySet<string>,
): Promise<number | undefined> {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const last = preference + (killSwitch ? KILL_SWITCH_SPAN - 1 : 0);
  const bases = range(preference - KILL_SWITCH_SPAN + 1, last).filter((one) => !killSwitch || one !== preference);
  const rules = killSwitch ? range(preference, last) : [];
  const all = [
    ...bases.map((one) => [one, socketOf.killSwitch(one)] as const),
    ...rules.map((one) => [one, socketOf.rule(one)] as const),
  ];
  const names = all.filter(([, name]) => !own.has(name));
  const taken = await Promise.all(names.map(([, name]) => isTaken(name)));
  return names.find((_, index) => taken[index])?.[0];
}

/** What a process that has a lock answers to one that asks for it. */
export const DENIAL = "-";
const CONSENT = "+";

type Peer = Bun.Socket<undefined>;

/**
 * @param onAsked called when another process asks for the lock; undefined to deny it
 * @returns undefined when another socket has this name
 */
export function take(name: string, onAsked?: () => void): Lock | undefined {
  const deny = (peer: Peer): void => void peer.end(DENIAL); // at once: any process may connect, and keep connections
  const consent = (peer: Peer): void => {
    peer.end(CONSENT);
    onAsked?.();
  };
  try {
    const listener = Bun.listen({ unix: name, socket: onAsked ? { data: consent } : { open: deny, data() {} } });
    return { release: () => listener.stop(true) };
  } catch (error) {
    if ((error as { code?: string }).code === "EADDRINUSE") return undefined;
    throw error;
  }
}

function isTaken(name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path: name });
    const finish = (taken: boolean): void => {
      socket.destroy();
      resolve(taken);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code !== "ECONNREFUSED"));
  });
}
