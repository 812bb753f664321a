import { statSync } from "node:fs";

import { askService, type Reply } from "../control/client.ts";
import type { Request } from "../control/protocol.ts";
import { quote } from "../text/escape.ts";
import { isTrustedUser } from "./port-owner.ts";

/** Sends a request to the service whose control socket is there, unless the socket is another user's, and waits. */
export async function askOwnService(path: string, request: Request, limitMs?: number): Promise<Reply> {
  const uid = ownerOf(path);
  if (uid === undefined || isTrustedUser(uid)) return askService(path, request, limitMs);
  return {
    reached: false,
    code: "untrusted",
    detail: `the socket ${quote(path)} belongs to user ${uid}, who is not root, not you and not the user of a running service`,
    remedy: "check -control-socket, and keep it in a folder in which no other user can make files",
  };
}

/** The user who has made the socket; undefined where there is none. */
function ownerOf(path: string): number | undefined {
  try {
    return statSync(path).uid;
  } catch {
    return undefined;
  }
}
