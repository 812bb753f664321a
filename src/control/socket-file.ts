import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";

import { quote } from "../text/escape.ts";

/** Why there is no control socket. The message is the detail. */
export class SocketError extends Error {
  readonly remedy: string;

  constructor(detail: string, remedy: string) {
    super(detail);
    this.remedy = remedy;
  }
}

/**
 * Makes the folder of a socket where it is missing, for this user alone, and removes a socket that a killed run left.
 *
 * @throws {SocketError} when something else is in its place
 */
export async function makeRoomFor(path: string): Promise<void> {
  makeFolder(dirname(path));
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const elsewhere = "name another place with -control-socket";
  if (!stat.isSocket()) throw new SocketError(`${quote(path)} is no socket`, `remove it, or ${elsewhere}`);
  if (await isAnswered(path)) {
    const why = "another running instance has it, such as one with the same table in another network namespace";
    throw new SocketError(`${quote(path)} is in use: ${why}`, elsewhere);
  }
  unlinkSync(path);
}

/** Runs something that makes files; only this user may open them. */
export function privately<T>(make: () => T): T {
  const before = process.umask(0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** Those above it are for all users, as usual in /run. */
function makeFolder(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => finish(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
