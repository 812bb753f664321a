import { parseConfigFile } from "../../../../src/config/file/config-of-file.ts";
import type { Config } from "../../../../src/config/model.ts";
import type { ParsedConfig, Surroundings } from "../../../../src/config/parse.ts";

type Texts = Readonly<Record<string, string>>;

/** What is beside a file. */
export interface Beside {
  readonly flags?: Texts;
  readonly environment?: Texts;
  /** The files of secrets, by their paths. */
  readonly secrets?: Texts;
}

/** Parses a file that lies in /etc/grm. */
export function parseText(text: string, { flags = {}, environment = {}, secrets = {} }: Beside = {}): ParsedConfig {
  const readFile: Surroundings["readFile"] = (path) => {
    const secret = secrets[path];
    if (secret === undefined) throw new Error("no such file");
    return secret;
  };
  return parseConfigFile({ path: "/etc/grm/pools.toml", text }, flags, { environment, readFile });
}

/** The configuration of a file, which must be without fault. */
export function configOf(text: string, beside?: Beside): Config {
  const parsed = parseText(text, beside);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed.config;
}

/** The first lines of all problems, without the path of the file. */
export function problemsOf(text: string, beside?: Beside): readonly string[] {
  const parsed = parseText(text, beside);
  return parsed.ok ? [] : parsed.problems.map((problem) => problem.split("\n")[0]!.replace("/etc/grm/pools.toml:", ""));
}
