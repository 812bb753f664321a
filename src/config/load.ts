import { escapeControls, quote } from "../text/escape.ts";
import { FAMILIES } from "../net/address.ts";
import { handledFamilies } from "./families.ts";
import { options } from "./options.ts";
import { findSource, type ParsedConfig, parseConfig, type Surroundings } from "./parse.ts";

type Flags = Readonly<Record<string, string>>;

/** Turns flags, variables and the configuration file that they name into a configuration. */
export async function loadConfig(flags: Flags, surroundings: Surroundings): Promise<ParsedConfig> {
  const source = findSource(options.config, flags, surroundings);
  if (source === undefined || !options.config.type.parse(source.text).ok) return parseConfig(flags, surroundings);
  const path = source.text;
  const { readConfig, serviceAlone } = surroundings;
  if (readConfig === undefined) {
    const { besideFile } = await import("./file/service-values.ts");
    const problems = [...besideFile(path, flags, surroundings)];
    return problems.length > 0 ? { ok: false, problems } : parseConfig(flags, surroundings);
  }
  let text: string;
  try {
    text = readConfig(path);
  } catch (error) {
    if (serviceAlone) return parseConfig(flags, surroundings);
    const reason = escapeControls((error as Error).message);
    return { ok: false, problems: [`${source.name} ${quote(path)}: cannot be read (${reason})`] };
  }
  const { parseConfigFile, serviceOfFile } = await import("./file/config-of-file.ts"); // most services have none
  const file = { path, text };
  if (serviceAlone) return serviceOfFile(file, flags, surroundings);
  const { placesOf, findPlaces } = surroundings;
  if (placesOf !== undefined || findPlaces === undefined) return parseConfigFile(file, flags, surroundings);
  const anew = parseConfigFile(file, flags, surroundings);
  const families = anew.ok ? handledFamilies(anew.config) : FAMILIES;
  const asBefore = parseConfigFile(file, flags, { ...surroundings, placesOf: await findPlaces(families) });
  return asBefore.ok ? asBefore : anew; // the earlier places may be in the way of other settings by now
}
