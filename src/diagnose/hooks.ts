import { shellWord } from "../text/shell-word.ts";
import { fine, type Finding, warning } from "./finding.ts";

/** The file of a command, as this user sees it. */
export interface CommandFacts {
  /** Whether it is a file. */
  readonly exists: boolean;
  /** Whether this user may execute it. */
  readonly executable: boolean;
  /** The interpreter in the first line of a script; undefined for a binary, empty where a script has no such line. */
  readonly interpreter: string | undefined;
  /** Whether that interpreter can be executed. */
  readonly interpretable: boolean;
  /** Whether the first line of a script ends in CR and LF. */
  readonly crlf: boolean;
}

/** Whether -on-change can be run, as this user. */
export function checkCommand(path: string, facts: CommandFacts): Finding {
  const topic = "on-change";
  const { exists, executable, interpreter, interpretable, crlf } = facts;
  if (!exists) {
    return warning(
      topic,
      `${path} is not a file, or this user has no access to it`,
      "check -on-change: it begins with the path of a program; let the service's user into every folder above it",
    );
  }
  if (!executable) {
    return warning(
      topic,
      `this user may not execute ${path}`,
      `chmod +x ${shellWord(path)}, and keep it on a file system that is mounted without noexec`,
    );
  }
  if (crlf) {
    return warning(
      topic,
      `the first line of ${path} ends in CRLF, and the CR belongs to the name of the interpreter or to its argument`,
      `end its lines with LF alone: sed -i 's/\\r$//' ${shellWord(path)}`,
    );
  }
  if (interpreter === "") {
    return warning(
      topic,
      `${path} is neither a binary nor a script with an interpreter line`,
      "begin a script with a line such as #!/bin/sh",
    );
  }
  if (interpreter !== undefined && !interpretable) {
    return warning(
      topic,
      `${path} needs ${interpreter}, which is not installed`,
      "install that interpreter, or name another one in the first line",
    );
  }
  return fine(topic, `${path} can be run`);
}

/** Whether the host of -webhook-url resolves; `problem` is why it does not. */
export function checkWebhook(host: string, problem: string | undefined): Finding {
  const topic = "webhook";
  if (problem === undefined) return fine(topic, `${host} resolves (nothing was sent there)`);
  return warning(
    topic,
    `cannot resolve ${host}: ${problem}`,
    "check -webhook-url, and the name servers of this machine",
  );
}
