/** Command lines after a range, and what the program makes of them. */
import { expect } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { valuesOf } from "./config.fixture.ts";

export const SECRET = "hunter2";

type Texts = Record<string, string>;

const noFile = (): never => {
  throw new Error("no such file");
};

/** Judges words after a range, and an environment. */
export function judge(words: readonly string[], environment: Texts = {}, readFile: (path: string) => string = noFile) {
  const { values, problems } = parseArguments(["-start-ip", "10.0.0.1", "-end-ip", "10.0.0.2", ...words]);
  expect(problems).toEqual([]);
  return parseConfig(values, { environment, readFile });
}

export function accepted(parsed: ParsedConfig) {
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return parsed;
}

/** The configuration of a name, which has a provider, hostname and key where the words have none. */
export function configOf(words: readonly string[], environment?: Texts) {
  const name = words.includes("-ddns-provider")
    ? []
    : ["-ddns-provider", "dynudns", "-ddns-hostname", "gw.example.com"];
  const key = words.includes("-ddns-password") || environment ? [] : ["-ddns-password", "key"];
  return valuesOf(accepted(judge([...name, ...key, ...words], environment)).config);
}

/** The problem with words that have exactly one. */
export function problemOf(words: readonly string[], environment?: Texts, readFile?: (path: string) => string): string {
  const parsed = judge(words, environment, readFile);
  if (parsed.ok) throw new Error(`accepted: ${words.join(" ")}`);
  expect(parsed.problems).toHaveLength(1);
  return parsed.problems[0]!;
}

export const PROVIDER = ["-ddns-provider", "dynudns", "-ddns-hostname", "gw.example.com"];
export const DDNS = [...PROVIDER, "-ddns-password", "key"];
