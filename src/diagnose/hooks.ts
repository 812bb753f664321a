import { fine, type Finding, warning } from "./finding.ts";

/** What a look at a command's file told. */
export interface CommandFacts {
  /** Whether it is a file. */
  readonly exists: boolean;
  /** Whether this user may execute it. */
  readonly executable: boolean;
  /** The interpreter that the first line of a script names; undefined for a binary, empty where a script has no such line. */
  readonly interpreter: string | undefined;
  /** Whether that interpreter can be executed. */
  readonly interpretable: boolean;
}

/** Whether -on-change can be run, as this user. */
export function judgeCommand(path: string, facts: CommandFacts): Finding {
  const topic = "on-change";
  const { exists, executable, interpreter, interpretable } = facts;
  if (!exists) {
    return warning(
      topic,
      `${path} is no file that this user can see`,
      "check -on-change: it begins with the path of a program",
    );
  }
  if (!executable) {
    return warning(
      topic,
      `${path} may not be executed`,
      `chmod +x ${path}, and every folder above has to be open to the service's user`,
    );
  }
  if (interpreter === "") {
    return warning(
      topic,
      `${path} is neither a binary nor does it say who reads it`,
      "begin a script with a line such as #!/bin/sh",
    );
  }
  if (interpreter !== undefined && !interpretable) {
    return warning(
      topic,
      `${path} wants ${interpreter}, which is not here`,
      "install that, or name another one in its first line",
    );
  }
  return fine(topic, `${path} can be run`);
}

/** Whether the host of -webhook-url is known; `problem` is why not. */
export function judgeWebhook(host: string, problem: string | undefined): Finding {
  const topic = "webhook";
  if (problem === undefined) return fine(topic, `${host} is known (nothing was sent there)`);
  return warning(
    topic,
    `${host} cannot be resolved: ${problem}`,
    "check -webhook-url, and the name servers of this machine",
  );
}
