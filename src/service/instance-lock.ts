import { connect } from "node:net";

import { KILL_SWITCH_SPAN } from "../routing/kill-switch.ts";

/**
 * Abstract unix sockets (unix(7)): they belong to the network namespace just like what they stand for, so containers
 * that share the host's network see each other, and they are gone with their process, however that ends.
 */
const socketOf = {
  table: (table: number): string => `\0gateway-route-manager/table/${table}`,
  /** An instance's rule with this preference, and nothing behind it. */
  rule: (preference: number): string => `\0gateway-route-manager/rule/${preference}`,
  /** An instance's rule with this preference, and the guard behind it. */
  guard: (preference: number): string => `\0gateway-route-manager/guard/${preference}`,
};

/** The right to something that only one running instance may have. */
export interface Lock {
  release(): void;
}

/**
 * Takes the right to manage a table.
 *
 * @returns undefined when another running instance has it
 */
export function lockTable(table: number): Lock | undefined {
  return take(socketOf.table(table));
}

/** Whether a running instance manages the table. */
export function isTableLocked(table: number): Promise<boolean> {
  return isTaken(socketOf.table(table));
}

/** Whether a running instance has a guard behind its rule with this preference. */
export function isKillSwitchLocked(preference: number): Promise<boolean> {
  return isTaken(socketOf.guard(preference));
}

/**
 * Takes the right to the preferences of the own rules. Two rules into tables may share one; a guard has to have its
 * preferences for itself, or it would refuse what others let through.
 *
 * @param guarded whether there is a guard behind the rule
 * @returns the preference of the rule of another running instance that is in the way, if there is one
 */
export async function lockPreferences(
  preference: number,
  guarded: boolean,
): Promise<Lock | { readonly rival: number }> {
  const lock = take(guarded ? socketOf.guard(preference) : socketOf.rule(preference));
  if (!lock && guarded) return { rival: preference };
  const rival = await findRival(preference, guarded);
  if (rival === undefined) return lock ?? { release() {} };
  lock?.release();
  return { rival };
}

/** Looks for it only after the own lock is taken: of two that start at once, at least one finds the other. */
async function findRival(preference: number, guarded: boolean): Promise<number | undefined> {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  const last = preference + (guarded ? KILL_SWITCH_SPAN - 1 : 0);
  const guards = range(preference - KILL_SWITCH_SPAN + 1, last).filter((one) => !guarded || one !== preference);
  const rules = guarded ? range(preference, last) : [];
  const names = [
    ...guards.map((one) => [one, socketOf.guard(one)] as const),
    ...rules.map((one) => [one, socketOf.rule(one)] as const),
  ];
  const taken = await Promise.all(names.map(([, name]) => isTaken(name)));
  return names.find((_, index) => taken[index])?.[0];
}

function take(name: string): Lock | undefined {
  try {
    const listener = Bun.listen({ unix: name, socket: { open: (peer) => void peer.end(), data() {} } });
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
