import { readFileSync } from "node:fs";

/** A stream socket with an abstract name (unix(7)). */
export interface NamedSocket {
  /** With the zero byte that begins it. */
  readonly name: string;
  /** Its number in the kernel; undefined where the kernel's list cannot be read. */
  readonly inode: number | undefined;
  /** Whether it accepts connections, as that of a service always does. */
  readonly listens: boolean;
}

/** Where the names of all locks begin. */
export const LOCKS = "\0gateway-route-manager/";

/** One line of proc(5) net/unix: flags (`__SO_ACCEPTCON` is listening), type (1 is a stream), state, inode, and the name. */
const LINE = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ ([0-9A-F]+) 0001 [0-9A-F]+ +(\d+) @(.*)$/;
const LISTENING = 0x10000;

/** The sockets in the text of /proc/net/unix that have names of locks. */
export function parseLockSockets(text: string): NamedSocket[] {
  return text.split("\n").flatMap((line) => {
    const [, flags, inode, name] = LINE.exec(line) ?? [];
    if (name === undefined || !name.startsWith(LOCKS.slice(1))) return [];
    return { name: `\0${name}`, inode: Number(inode), listens: (Number.parseInt(flags!, 16) & LISTENING) !== 0 };
  });
}

/** Those of all instances in this network namespace; undefined where the list is hidden. */
export function readLockSockets(): NamedSocket[] | undefined {
  try {
    return parseLockSockets(readFileSync("/proc/self/net/unix", "utf8"));
  } catch {
    return undefined;
  }
}

/**
 * Another name for a lock whose own name is taken by a process that is no service. It cannot be foreseen, so it cannot be
 * taken as well.
 */
export function alternativeOf(name: string): string {
  return `${name}/x${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex")}`;
}

/** The name of the lock that a socket stands for: its own, or what it is an alternative to. */
export function lockOf(name: string): string {
  return name.replace(/\/x[0-9a-f]{32}$/, "");
}
