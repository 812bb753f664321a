import type { Option } from "../../config/options.ts";
import { loadConfig } from "../../config/load.ts";
import type { Surroundings } from "../../config/parse.ts";
import type { ValueType } from "../../config/values.ts";
import type { Warning } from "../../config/warnings.ts";
import { journalPrefix, leadsToJournal } from "../../log/journal.ts";
import { earlierPlaces } from "../../service/earlier-places.ts";
import { escapeLines } from "../../text/escape.ts";
import { type ExitStatus, NAME } from "../program.ts";
import { readConfigFile } from "./config-file.ts";
import { readSecretFile } from "./secret-file.ts";

/** A command, which is the first word of the command line. */
export interface Command {
  readonly name: string;
  /** The word after the name; without this, only flags follow the name. */
  readonly subject?: ValueType<unknown>;
  /** Whether that word may be a flag, which then has no value. */
  readonly takesFlag?: true;
  /** What it does, for `-help` and `help`. */
  readonly help: string;
  /** Flags of its own, besides those of the service. */
  readonly options?: readonly Option<unknown>[];
  /** Exit statuses besides those of every command, or with another meaning. */
  readonly statuses?: readonly ExitStatus[];
  /** Whether its exit status means the same where its output cannot be written. */
  readonly outputMayBeLost?: true;
  /** Returns the exit status. */
  run(given: Invocation): number | Promise<number>;
}

/** The command line of a command. */
export interface Invocation {
  readonly subject: string | undefined;
  /** The words after the command and its subject, as they were written. */
  readonly words: readonly string[];
  /** Text of each flag given. */
  readonly flags: Readonly<Record<string, string>>;
  /** Faults of form in the command line. */
  readonly problems: readonly string[];
  /** What is left out of it. */
  readonly warnings: readonly Warning[];
}

/** The variables and files that the service itself would read. */
export const HERE: Surroundings = {
  environment: process.env,
  readFile: readSecretFile,
  readConfig: readConfigFile,
};

/** The same for commands that look at the kernel where no service answers: pools are where rules lead to them. */
export const AT_WORK: Surroundings = { ...HERE, findPlaces: (families) => earlierPlaces(false, families) };

/** The same for commands that ask the running service: the files of other secrets need not be readable. */
export const OF_SERVICE: Surroundings = {
  ...HERE,
  readFile: (path, flag) => (flag === "http-password" ? readSecretFile(path) : undefined),
  partial: true,
  serviceAlone: true,
};

/** For output that is the same on every machine: flags alone count, and none is missing. */
export const NOWHERE: Surroundings = { environment: {}, readFile: () => undefined, partial: true };

/** What helps with the problems of a configuration file, in place of the usage of a command. */
const FILE_HINT = `see ${NAME} help configuration-file for all keys`;

/** The configuration; undefined when the command line is wrong, with every problem and the hints on standard error. */
export async function parseOrComplain(
  { flags, problems, warnings }: Invocation,
  surroundings: Surroundings,
  ...hints: readonly string[]
) {
  const parsed = await loadConfig(flags, surroundings);
  if (parsed.ok && problems.length === 0) return { ...parsed, warnings: [...warnings, ...parsed.warnings] };
  const isFileAlone = !parsed.ok && parsed.inFile && problems.length === 0;
  complain(...problems, ...(parsed.ok ? [] : parsed.problems), ...(isFileAlone ? [FILE_HINT] : hints));
  return undefined;
}

/** Stands for a secret that is not read: it is valid wherever one may stand. */
export const UNREAD = "https://unread.example/";

/** Writes lines to standard error, each with the program's name and without invisible characters. */
export function complain(...lines: readonly string[]): void {
  const prefix = leadsToJournal(process.env["JOURNAL_STREAM"], 2) ? journalPrefix("error") : "";
  process.stderr.write(lines.map((line) => `${prefix}${NAME}: ${escapeLines(line)}\n`).join(""));
}
