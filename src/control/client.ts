import { connect } from "node:net";

import { quote } from "../text/escape.ts";
import {
  type Answer,
  HANDLING_LIMIT_MS,
  lineOf,
  MAX_ANSWER,
  parseAnswer,
  type Problem,
  REQUEST_LIMIT_MS,
  type Request,
} from "./protocol.ts";

/** An answer of the service, or why there is none. */
export type Reply = { readonly reached: true; readonly answer: Answer } | ({ readonly reached: false } & Problem);

/** Longer than the service takes at most. */
const LIMIT_MS = REQUEST_LIMIT_MS + HANDLING_LIMIT_MS + 3000;

/** Sends a request to the service whose control socket is there, and waits for the answer. */
export function askService(path: string, request: Request, limitMs = LIMIT_MS): Promise<Reply> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ path });
    const finish = (reply: Reply): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reply);
    };
    const timer = setTimeout(() => finish(unreached(path, "ETIMEDOUT")), limitMs);
    socket.setEncoding("utf8");
    socket.once("connect", () => socket.write(lineOf(request)));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > MAX_ANSWER) finish(nonsense(path));
      else if (text.includes("\n")) finish(replyIn(path, text));
    });
    socket.once("error", ({ code = "" }: NodeJS.ErrnoException) => finish(unreached(path, code)));
    socket.once("close", () => finish(text === "" ? unreached(path, "ECONNRESET") : replyIn(path, text)));
  });
}

function replyIn(path: string, text: string): Reply {
  const answer = parseAnswer(text.split("\n", 1)[0]!);
  return answer === undefined ? nonsense(path) : { reached: true, answer };
}

function nonsense(path: string): Reply {
  const remedy = "check -control-socket: another program may listen there";
  return { reached: false, code: "malformed", detail: `what answers at ${quote(path)} is no service`, remedy };
}

const SAME_FLAGS = "check that it runs, and give this command its -control-socket or -first-routing-table-id";

/** Why a service cannot be reached, by the error of the connection. */
const CAUSES: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  ENOENT: [
    "there is no such socket",
    `${SAME_FLAGS}; it may have found no folder for it, as in a unit of an older version (print a new one) or in a read-only container (help maintenance): its log says so at level debug`,
  ],
  ECONNREFUSED: ["nothing listens there", SAME_FLAGS],
  EACCES: ["permission denied", "run this command as root, or as the user of the service"],
  EPERM: ["permission denied", "run this command as root, or as the user of the service"],
  EPIPE: ["it ended the connection without an answer", "read its log"],
  ECONNRESET: ["it ended the connection without an answer", "read its log"],
  ETIMEDOUT: ["it does not answer", "read its log"],
};

function unreached(path: string, code: string): Reply {
  const [why, remedy] = CAUSES[code] ?? [code || "the connection failed", SAME_FLAGS];
  return { reached: false, code: "unreached", detail: `cannot reach the service at ${quote(path)}: ${why}`, remedy };
}
