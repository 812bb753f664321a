import { optionList, variableOf } from "../config/options.ts";
import type { ServiceConfig } from "../config/model.ts";
import { hasFileCapabilities } from "../service/own-privileges.ts";
import { shellWord } from "../text/shell-word.ts";
import { checkChangeable, checkReadable, exposureOf } from "./file-safety.ts";
import { type Finding, warning } from "./finding.ts";
import { checkCommand } from "./hooks.ts";
import { readCommand } from "./hook-targets.ts";
import { readPathParts } from "./read-path.ts";

/** Whether the program of -on-change can be run, and by this user and root alone be changed. */
export function commandFindings(path: string): Finding[] {
  const finding = checkCommand(path, readCommand(path));
  return [finding, ...(finding.level === "ok" ? changeable("on-change", path) : [])];
}

/** Whether the executable has file capabilities, others can change the configuration file, or read the files of secrets. */
export function checkFiles(
  { config: file }: ServiceConfig,
  environment: Readonly<Record<string, string | undefined>>,
): Finding[] {
  return [
    ...capabilityFindings(process.execPath),
    ...(file === undefined ? [] : changeable("configuration file", file)),
    ...secretFiles(environment).flatMap((path) => checkReadable("secrets", readPathParts(path))),
  ];
}

function changeable(topic: string, path: string): Finding[] {
  return checkChangeable(topic, path, exposureOf(readPathParts(path), process.geteuid!()));
}

function capabilityFindings(path: string): Finding[] {
  if (!hasFileCapabilities(path)) return [];
  const detail = `${path} has file capabilities (setcap), which give the service nothing, and every user something`;
  return [warning("executable", detail, `setcap -r ${shellWord(path)}`)];
}

/** The files that variables name, also those of the earlier program. */
function secretFiles(environment: Readonly<Record<string, string | undefined>>): string[] {
  const names = optionList.flatMap((option) => (option.secret ? [variableOf(option), option.legacyVariable] : []));
  return names.flatMap((name) => (name && environment[`${name}_FILE`]) || []);
}
