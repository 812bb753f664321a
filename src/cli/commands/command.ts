import { readFileSync } from "node:fs";

import type { Option } from "../../config/options.ts";
import { parseConfig, type Surroundings } from "../../config/parse.ts";
import type { ValueType } from "../../config/values.ts";

export const NAME = "gateway-route-manager";

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A command that stands before the flags. */
export interface Command {
  readonly name: string;
  /** What the word after the name may be; without this, flags follow the name at once. */
  readonly subject?: ValueType<unknown>;
  /** What it does, for `-help`. */
  readonly help: string;
  /** Flags of its own, besides those of the service. */
  readonly options?: readonly Option<unknown>[];
  /** What its exit statuses mean, where they mean more than done, failed and wrong usage. */
  readonly statuses?: readonly (readonly [status: number, meaning: string])[];
  /** Returns the exit status. */
  run(given: Invocation): number | Promise<number>;
}

/** What was given to a command. */
export interface Invocation {
  readonly subject: string | undefined;
  /** The words after the command and its subject, as they were written. */
  readonly words: readonly string[];
  /** Text of each flag given. */
  readonly flags: Readonly<Record<string, string>>;
  /** What is wrong with the form of the command line. */
  readonly problems: readonly string[];
}

/** What the service itself would find here. */
export const HERE: Surroundings = { environment: process.env, readFile: (path) => readFileSync(path, "utf8") };

/** For what is to be so on every machine. What the flags lack is no problem. */
export const NOWHERE: Surroundings = { environment: {}, readFile: () => undefined, partial: true };

/** The configuration; undefined once everything that is wrong with the command line has been told, with the hints. */
export function judge({ flags, problems }: Invocation, surroundings: Surroundings, ...hints: readonly string[]) {
  const parsed = parseConfig(flags, surroundings);
  if (parsed.ok && problems.length === 0) return parsed;
  complain(...problems, ...(parsed.ok ? [] : parsed.problems), ...hints);
  return undefined;
}

/** Writes lines to standard error, each with the program's name. */
export function complain(...lines: readonly string[]): void {
  process.stderr.write(lines.map((line) => `${NAME}: ${line}\n`).join(""));
}
