import { readFileSync } from "node:fs";

import { quote } from "../text/escape.ts";
import type { NamedSocket } from "./lock-sockets.ts";
import { credentialsOf, userOfSocket } from "./peer-credentials.ts";

/** The process that has a lock, as far as the kernel says. */
export interface Holder {
  readonly pid: number | undefined;
  /** Undefined where nothing is known. */
  readonly uid: number | undefined;
  /** The program, without its arguments, which may hold secrets. */
  readonly command: string | undefined;
}

/** CAP_NET_ADMIN in the masks of proc(5) status (capabilities(7)). */
export const NET_ADMIN = 1n << 12n;

/** The users that systemd makes for units with DynamicUser=yes (systemd.exec(5)); no person has one. */
const DYNAMIC_USERS = { first: 61_184, last: 65_519 };

/** Who has a socket; "none" where no process listens on it by now. */
export function holderOf({ name, inode, listens }: NamedSocket): Holder | "none" {
  const found = listens ? credentialsOf(name) : "unknown";
  if (found === "none") return found;
  if (found !== "unknown") return { ...found, command: found.pid === undefined ? undefined : commandOf(found.pid) };
  return { pid: undefined, uid: inode === undefined ? undefined : userOfSocket(inode), command: undefined };
}

/**
 * Whether a process with a lock can be a service, so that its lock is to be respected. A service runs as root, or as a user
 * whose processes pass CAP_NET_ADMIN on to `ip`, by ambient capabilities; those of a program with file capabilities or
 * with set-user-ID are none (capabilities(7)). Where nothing is known of it, it is taken for one.
 *
 * @param own the user of this process
 */
export function mayBeService({ pid, uid }: Holder, own = process.geteuid!()): boolean {
  if (uid === undefined || uid === 0 || uid === own) return true;
  const status = pid === undefined ? undefined : readProcess(pid, "status");
  // Hidden, as by ProtectProc=invisible and hidepid=, or in another PID namespace.
  if (status === undefined) return uid >= DYNAMIC_USERS.first && uid <= DYNAMIC_USERS.last;
  return canPassOn(status, uid);
}

/** Whether the text of proc(5) status is of a process of this user alone that passes CAP_NET_ADMIN on. */
export function canPassOn(status: string, uid: number): boolean {
  const users = /^Uid:\s+(.*)$/m.exec(status)?.[1]!.split(/\s+/) ?? [];
  const ambient = BigInt(`0x${/^CapAmb:\s+([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  return users.every((one) => Number(one) === uid) && (ambient & NET_ADMIN) !== 0n;
}

/** A holder in the words of all messages. */
export function holderText({ pid, uid, command }: Holder): string {
  if (uid === undefined) return "a process that cannot be found out; see ss -xlp";
  const process = pid === undefined ? "a process that is not visible here" : `pid ${pid}`;
  return [process, `user ${uid}`, ...(command === undefined ? [] : [command])].join(", ");
}

/** The first word of a command line; the name of the process where it has none. */
function commandOf(pid: number): string | undefined {
  const words = readProcess(pid, "cmdline")?.split("\0")[0];
  const command = words === undefined || words === "" ? readProcess(pid, "comm")?.trim() : words;
  return command === undefined || /^[\w./+-]+$/.test(command) ? command : quote(command);
}

function readProcess(pid: number, file: "status" | "cmdline" | "comm"): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
