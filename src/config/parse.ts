import type { Family } from "../net/address.ts";
import { looksSecret } from "./arguments.ts";
import { contradictions } from "./contradictions.ts";
import { configOfFlags } from "./from-flags.ts";
import { type GivenGateways, membersOf } from "./members.ts";
import type { Config } from "./model.ts";
import { type Option, optionList, options, type OptionValues, variableOf } from "./options.ts";
import type { PlacePools } from "./pool-places.ts";
import { escapeControls, quote } from "../text/escape.ts";
import { removedVariables } from "./runtime-variables.ts";
import { exampleTarget, familiesWithoutExit, type TargetLack, targetLacks } from "./target-families.ts";
import { throughArgument } from "./through-values.ts";
import { exitNotAsked } from "./warning-rules.ts";
import { type Warning, warningsOf } from "./warnings.ts";

/** A configuration, or every reason why there is none. Warnings never stop the start. */
export type ParsedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly Warning[];
      /** How the flags give the gateways, for texts that name the flags. */
      readonly given?: GivenGateways;
    }
  | {
      readonly ok: false;
      readonly problems: readonly string[];
      /** Whether all of them stand in the configuration file. */
      readonly inFile?: boolean;
    };

/** Where option texts come from, besides the command line. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Reads the file of the secret that a flag names; throws with a readable message when it cannot. Undefined leaves the
   * secret out: a command that does not need it may run without the right to read it.
   */
  readonly readFile: (path: string, flag: string) => string | undefined;
  /** Checks what is given and calls nothing missing: the rest may come from elsewhere. */
  readonly partial?: true;
  /** Reads the configuration file; throws with a readable message when it cannot. Without this it is not read. */
  readonly readConfig?: (path: string) => string;
  /** Finds the places of the pools of a file; those of a start without this. */
  readonly placesOf?: PlacePools;
  /** Finds out which places pools of an earlier run have in these families, where nothing else places those of a file. */
  readonly findPlaces?: (families: readonly Family[]) => Promise<PlacePools>;
  /** Needs the settings of the service alone, as far as the configuration file has them without a fault. */
  readonly serviceAlone?: true;
}

interface Source {
  /** How the user gave it, for messages: `-port` or `GRM_PORT`. */
  readonly name: string;
  readonly text: string;
}

/**
 * Turns option texts into a configuration. A flag wins over `GRM_...`, that over `GRM_..._FILE`, that over a variable
 * of the earlier program, that over the default. An empty variable counts as not given.
 */
export function parseConfig(flags: Readonly<Record<string, string>>, surroundings: Surroundings): ParsedConfig {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  const faulty = new Set<string>();
  for (const [key, option] of Object.entries(options) as [string, Option<unknown>][]) {
    const before = problems.length;
    try {
      const source = findSource(option, flags, surroundings);
      values[key] = parseOption(option, source, problems);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
    if (problems.length > before) faulty.add(key);
  }
  const parsed = values as unknown as OptionValues;
  problems.push(...contradictions(parsed, faulty, surroundings.partial));
  if (problems.length > 0) return { ok: false, problems };
  const members = surroundings.partial ? [] : membersOf(parsed);
  const warnings = [...environmentWarnings(surroundings.environment), ...warningsOf(parsed)];
  const { startIp, endIp, gateway } = parsed;
  const config = configOfFlags(parsed, members);
  const lacks = targetLacks(config).map(lackText);
  if (lacks.length > 0) return { ok: false, problems: lacks };
  warnings.push(...familiesWithoutExit(config).map((family) => exitNotAsked(family, "-exit-check")));
  return { ok: true, config, warnings, given: { startIp, endIp, gateway } };
}

function lackText({ probe, family, count, gateway }: TargetLack): string {
  const through = `-through ${throughArgument(probe)}`;
  if (count > 0) {
    const targets = `${count} ${count === 1 ? "target" : "targets"} of IPv${family}`;
    return `-through-need ${probe.need}: ${through} has only ${targets}; lower it, or add targets`;
  }
  const example = exampleTarget(probe, family);
  return `${through}: no target is of IPv${family}, so nothing beyond gateways such as ${gateway} is asked; add one, as in ${through},${example}`;
}

/** The text that sets an option, unless its default does. */
export function findSource(
  option: Option<unknown>,
  flags: Readonly<Record<string, string>>,
  { environment, readFile }: Surroundings,
): Source | undefined {
  const flag = flags[option.flag];
  // An empty flag switches an optional text off, as in Go, where an empty password falls back to the environment all the
  // same. Anywhere else it is a bad value and judged as one.
  const off = flag === "" && option.fallback === undefined;
  if (off && !option.secret) return undefined;
  if (flag !== undefined && !off) return { name: `-${option.flag}`, text: flag };
  for (const name of [variableOf(option), option.legacyVariable]) {
    const text = name && environment[name];
    if (text) return { name, text };
    const path = option.secret && environment[`${name}_FILE`];
    const secret = path && readSecret(`${name}_FILE`, path, (file) => readFile(file, option.flag));
    if (secret) return { name: `${name}_FILE`, text: secret };
  }
  return undefined;
}

/** A secret's file without the line break that editors and `echo` leave at its end. */
export function readSecret(
  variable: string,
  path: string,
  readFile: (path: string) => string | undefined,
): string | undefined {
  let text: string | undefined;
  try {
    text = readFile(path)?.replace(/\r?\n$/, "");
  } catch (error) {
    throw new Error(`${variable} ${quote(path)}: cannot be read (${escapeControls((error as Error).message)})`, {
      cause: error,
    });
  }
  if (text === "") throw new Error(`${variable} ${quote(path)}: the file is empty; write the secret into it`);
  return text;
}

/** The value of an option; undefined where its text is faulty, which adds to the problems. */
export function parseOption(option: Option<unknown>, source: Source | undefined, problems: string[]): unknown {
  const name = source?.name ?? `-${option.flag}`;
  const text = source?.text ?? option.fallback;
  if (text === undefined) return undefined;
  const show = (one: string): string => {
    if (option.secret) return "(not shown)";
    // A flag that lacks its value takes the next word, which may be the flag of a secret and hold that as well.
    return /(^|[,\s])[-\u2010-\u2015]/.test(text) && looksSecret(text)
      ? "(not shown, it may hold a secret)"
      : quote(option.type.show?.(one) ?? one);
  };
  const parseOne = (one: string): unknown => {
    const parsed = option.type.parse(one);
    if (parsed.ok) return parsed.value;
    problems.push(`${name} ${show(one)}: expected ${parsed.expected}`);
    return undefined;
  };
  if (!option.repeatable) return parseOne(text);
  if (source === undefined && text === "") return [];
  const values = option.repeatable === "commas" ? text.split(",") : text.trim().split(/\s+/);
  return values.map((one) => parseOne(one.trim()));
}

/** What is doubtful about an environment, whatever the settings are. */
export function environmentWarnings(environment: Surroundings["environment"]): Warning[] {
  return [...unknownVariables(environment), ...removedVariables(environment)];
}

/** A misspelt variable would otherwise be ignored in silence. Orchestrators inject names of their own, so only a warning. */
function unknownVariables(environment: Surroundings["environment"]): Warning[] {
  const known = new Set(
    optionList.flatMap((option) => [variableOf(option), ...(option.secret ? [`${variableOf(option)}_FILE`] : [])]),
  );
  return Object.keys(environment)
    .filter((name) => name.startsWith("GRM_") && !known.has(name))
    .sort()
    .map((name) => ({
      detail: `environment variable ${escapeControls(name)} matches no flag and is ignored`,
      remedy: "see help flags for all variables",
    }));
}
