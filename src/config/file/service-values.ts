import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import { variablesOf } from "../help.ts";
import { type Option, options, type OptionValues } from "../options.ts";
import { findSource, parseOption, type Surroundings } from "../parse.ts";
import type { Document } from "./document.ts";
import { SERVICE } from "./tables.ts";

/** Texts of flags by their names. */
export type Flags = Readonly<Record<string, string>>;

/** Flags and variables that cannot stand beside a file. */
export function* besideFile(path: string, flags: Flags, { environment }: Surroundings): Generator<string> {
  const names = (Object.entries(options) as [string, Option<unknown>][]).flatMap(([id, option]) => {
    if (id === "config" || id in SERVICE.keys) return [];
    return [
      ...(flags[option.flag] === undefined ? [] : [`-${option.flag}`]),
      ...variablesOf(option).filter((name) => (environment[name] ?? "") !== ""),
    ];
  });
  if (names.length === 0) return;
  const them = names.length === 1 ? "it" : "them";
  yield `${list(names, names.length)} beside -config ${quote(path)}: gateways, probes and pools stand in the file alone; remove ${them}, or write the same into the file (gateway-route-manager help configuration-file)`;
}

/** The values of the options that [service] has. */
export type ServiceValues = Pick<OptionValues, keyof typeof SERVICE.keys>;

/** The values of [service], or of the flags and variables that win over them. */
export function serviceValues(
  { service }: Document,
  flags: Flags,
  surroundings: Surroundings,
  problems: string[],
): Partial<ServiceValues> {
  const entries = (Object.keys(SERVICE.keys) as (keyof ServiceValues)[]).map((id) => {
    const option: Option<unknown> = options[id];
    try {
      const source = findSource(option, flags, surroundings);
      if (source) return [id, parseOption(option, source, problems)];
    } catch (error) {
      problems.push((error as Error).message);
    }
    const isTurnedOff = flags[option.flag] === "" && !option.secret;
    return [id, isTurnedOff ? undefined : service.values[id]];
  });
  return Object.fromEntries(entries) as Partial<ServiceValues>;
}
