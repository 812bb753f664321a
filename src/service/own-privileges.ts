import { readFileSync } from "node:fs";

import { libc } from "../probe/socket/libc.ts";
import { shellWord } from "../text/shell-word.ts";
import { NET_ADMIN } from "./lock-holder.ts";

/** Why a process that has CAP_NET_ADMIN may change no routes, and what to do. */
export interface FileCapabilities {
  readonly detail: string;
  readonly remedy: string;
}

/**
 * The fault of a process whose CAP_NET_ADMIN is of the capabilities of its file: these end with the process, so `ip`, which
 * it starts, has none of them. Ambient ones go on to it (capabilities(7)).
 *
 * @param status the text of proc(5) status
 * @param file the path of the executable
 */
export function faultOfFileCapabilities(status: string, file: string): FileCapabilities | undefined {
  const mask = (name: string): bigint =>
    BigInt(`0x${new RegExp(`^${name}:\\s+([0-9a-f]+)$`, "m").exec(status)?.[1] ?? 0}`);
  const isRoot = /^Uid:\s+\d+\s+0\s/m.test(status);
  const isOfFile = (mask("CapEff") & NET_ADMIN) !== 0n && (mask("CapAmb") & NET_ADMIN) === 0n;
  if (isRoot || !isOfFile) return undefined;
  return {
    detail:
      "no privilege to change routes: the capabilities of the executable's file (setcap) do not reach the ip command",
    remedy: `run as root or with ambient capabilities (systemd AmbientCapabilities=CAP_NET_ADMIN, docker run --cap-add=NET_ADMIN without --user), and take those of the file away: setcap -r ${shellWord(file)}`,
  };
}

/** That fault, of this process. */
export function ownFaultOfFileCapabilities(): FileCapabilities | undefined {
  try {
    return faultOfFileCapabilities(readFileSync("/proc/self/status", "utf8"), process.execPath);
  } catch {
    return undefined;
  }
}

/** Whether a file has capabilities, by the attribute in which the kernel keeps them (getxattr(2)). */
export function hasFileCapabilities(path: string): boolean {
  try {
    const [file, name] = [path, "security.capability"].map((text) => Buffer.from(`${text}\0`));
    const value = Buffer.alloc(64);
    return Number(libc().getxattr(file!, name!, value, value.length)) > 0;
  } catch {
    return false;
  }
}
