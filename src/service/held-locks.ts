import type { Warning } from "../config/warnings.ts";
import { type Holder, holderOf, holderText, mayBeService } from "./lock-holder.ts";
import { lockOf, LOCKS, type NamedSocket, readLockSockets } from "./lock-sockets.ts";

/** A lock that another running instance has. */
export interface HeldLock {
  /** The name of its socket, which may be an alternative one. */
  readonly socket: string;
  readonly holder: Holder;
}

/** The locks of all running instances in this network namespace, at one moment. */
export interface HeldLocks {
  /** Finds who has a lock, other than by the socket `except`. */
  of(name: string, except?: string): HeldLock | undefined;
  /** Finds one among the locks of a kind by its number. */
  find(name: (value: number) => string, is: (value: number) => boolean): (HeldLock & { value: number }) | undefined;
  /** Who has the locks of a kind. */
  holders(name: (value: number) => string): Holder[];
  /** The numbers of all locks of a kind. */
  values(name: (value: number) => string): number[];
}

/** Reads the locks. Sockets of processes that cannot be services do not count; each is judged when it is asked for. */
export function readHeldLocks(): HeldLocks {
  const listed = readLockSockets();
  const judged = new Map<string, HeldLock | undefined>();
  const judge = (socket: NamedSocket): HeldLock | undefined => {
    if (!judged.has(socket.name)) judged.set(socket.name, heldLock(socket));
    return judged.get(socket.name);
  };
  const listening = (listed ?? []).filter(({ listens }) => listens);
  const ofKind = (name: (value: number) => string): [value: number, NamedSocket][] => {
    const prefix = name(0).slice(0, -1);
    const values = listening.map((socket) => [lockOf(socket.name).slice(prefix.length), socket] as const);
    return values.flatMap(([value, socket]) => {
      return socket.name.startsWith(prefix) && /^\d+$/.test(value) ? [[Number(value), socket]] : [];
    });
  };
  return {
    of(name, except) {
      // Where the list is hidden, its own name is all that can be tried.
      const own = listed ? listening.filter(({ name: one }) => lockOf(one) === name) : [unlisted(name)];
      return firstOf(
        own
          .filter((one) => one.name !== except)
          .values()
          .map(judge),
      );
    },
    find(name, is) {
      const fitting = ofKind(name).filter(([value]) => is(value));
      return firstOf(
        fitting.values().map(([value, socket]) => {
          const held = judge(socket);
          return held && { ...held, value };
        }),
      );
    },
    holders: (name) => ofKind(name).flatMap(([, socket]) => judge(socket)?.holder ?? []),
    values: (name) => [...new Set(ofKind(name).flatMap(([value, socket]) => (judge(socket) ? value : [])))],
  };
}

function unlisted(name: string): NamedSocket {
  return { name, inode: undefined, listens: true };
}

function heldLock(socket: NamedSocket): HeldLock | undefined {
  const holder = holderOf(socket);
  return holder === "none" || !mayBeService(holder) ? undefined : { socket: socket.name, holder };
}

function firstOf<T>(some: Iterable<T | undefined>): T | undefined {
  for (const one of some) if (one !== undefined) return one;
  return undefined;
}

/** A process that has the name of a lock, but can be no service. */
export interface Squatter {
  readonly lock: string;
  readonly holder: Holder;
}

/** Those that have one of these names. */
export function squattersOn(names: readonly string[]): Squatter[] {
  const listed = readLockSockets() ?? names.map(unlisted);
  return listed.flatMap((socket) => {
    if (!names.includes(socket.name)) return [];
    const holder = holderOf(socket);
    return holder === "none" || mayBeService(holder) ? [] : { lock: socket.name, holder };
  });
}

export function squatterWarning({ lock, holder }: Squatter): Warning {
  const of = `${lock.slice(LOCKS.length)} (${holderText(holder)})`;
  return {
    detail: `a process that is no service has the name of the lock ${of}; it keeps no service from starting`,
    remedy:
      holder.pid === undefined
        ? "find it with ss -xlp, and end it"
        : `find out what it is, and end it: kill ${holder.pid}`,
  };
}
