import { FAMILIES, parseAddress, rangeSize } from "../../net/address.ts";
import { type BeyondProbe, type Config, type GatewayProbe, type Member, POOL_KEYS } from "../model.ts";
import { type Option, options, type OptionValues, SEPARATORS } from "../options.ts";
import { findSource, type Surroundings } from "../parse.ts";
import { boolean, type ValueType } from "../values.ts";
import type { Key, Keys } from "./keys.ts";
import { probeName } from "./own-values.ts";
import { BEYOND_PROBE, DDNS, EXIT_CHECK, GATEWAY, GATEWAY_PROBE, POOL, PUBLIC_IP, SERVICE } from "./tables.ts";

/** How an option is given. */
export type Given =
  | { readonly text: string }
  /** A secret in a file of its own. */
  | { readonly file: string }
  /** A secret that is given as it is, by a flag or a variable of this name. */
  | { readonly secretOf: string };

/** How options are given; undefined where one is not. */
export type GivenOptions = (option: keyof OptionValues) => Given | undefined;

/**
 * The configuration file that means the same as flags and variables. It never holds a secret.
 *
 * @param config what they mean
 */
export function configFileText(config: Config, given: GivenOptions): string {
  const used = config.probes.filter(({ name }) => config.gateways[0]!.probes.includes(name));
  const probes = used.map((probe, index) =>
    probe.kind === "gateway" ? gatewayProbe(probe, given) : beyondProbe(probe, index + 1, given),
  );
  const usesAddresses = ["publicIpRequired", "ddnsProvider"].some((key) => given(key as keyof OptionValues));
  const [pool] = config.pools;
  const members = membersText(pool.members);
  const tables = [
    table("[service]", linesOf(SERVICE.keys, given)),
    ...(probes.length === 1 && probes[0]!.length === 2 ? [] : probes),
    table("[exit-check]", given("exitCheck") ? linesOf(EXIT_CHECK.keys, given) : []),
    table(
      "[public-ip]",
      linesOf(PUBLIC_IP.keys, given, (key) => key.option !== "timeout" || usesAddresses),
    ),
    ...gatewayTables(pool.members, probes.length > 1 ? linesOf({ require }, given) : []),
    table("[[pool]]", [...(members === undefined ? [] : [members]), ...linesOf(POOL.keys, given, isOfPool)]),
    table("[[ddns]]", given("ddnsProvider") ? linesOf(DDNS.keys, given) : []),
  ];
  return tables
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

/** How flags and variables give options. @param absolute the whole path of a file that a variable names */
export function givenBy(
  flags: Readonly<Record<string, string>>,
  surroundings: Surroundings,
  absolute: (path: string) => string,
): GivenOptions {
  return (key) => {
    const option: Option<unknown> = options[key];
    const source = findSource(option, flags, surroundings);
    if (!source) return undefined;
    const { name, text } = source;
    if (!option.secret) return { text };
    const file = name.endsWith("_FILE") ? surroundings.environment[name] : undefined;
    return file === undefined ? { secretOf: name } : { file: absolute(file) };
  };
}

/** A table with its header; nothing where it would be empty. */
function table(header: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [header, ...lines];
}

const isOfPool = ({ option }: Key): boolean => (POOL_KEYS as readonly (string | undefined)[]).includes(option);

function gatewayProbe({ name }: GatewayProbe, given: GivenOptions): string[] {
  return [`[probe.${tomlKey(name)}]`, 'type = "http"', ...linesOf(GATEWAY_PROBE.keys, given)];
}

/** @param number its place among the probes, for one whose targets are too long for its name */
function beyondProbe({ name, label, targets }: BeyondProbe, number: number, given: GivenOptions): string[] {
  return [
    `[probe.${tomlKey(probeName.parse(name).ok ? name : `${label} ${number}`)}]`,
    `type = ${tomlText(label)}`,
    `targets = ${tomlList([...targets.keys()].map(tomlText))}`,
    ...linesOf(BEYOND_PROBE.keys, given, ({ option }) => option !== "throughText" || label === "url"),
  ];
}

/** A line for each key whose option is given. */
function linesOf(keys: Keys, given: GivenOptions, isWanted: (key: Key) => boolean = () => true): string[] {
  return Object.values(keys).flatMap((key) => {
    const value = key.option && isWanted(key) ? given(key.option) : undefined;
    return value === undefined ? [] : lineOf(key, value);
  });
}

function lineOf(key: Key, given: Given): string[] {
  if ("file" in given) return [`${key.name} = ${tomlText(given.file)}`];
  if ("secretOf" in given) {
    const file = `/etc/gateway-route-manager/${options[key.option!].flag}`;
    return [
      `# Write the secret of ${given.secretOf} into this file, which others must not be able to read:`,
      `${key.name} = ${tomlText(file)}`,
    ];
  }
  const { repeatable }: Option<unknown> = options[key.option!];
  if (repeatable === undefined) return [`${key.name} = ${tomlValue(key.type, given.text)}`];
  const items = given.text.split(SEPARATORS[repeatable]).map((one) => one.trim());
  return [`${key.name} = ${tomlList(items.filter(Boolean).map((one) => tomlValue(key.type, one)))}`];
}

const require = GATEWAY.keys.throughRequire;

/** Gateways that follow each other and have no names are a range. @param more lines of each table */
function gatewayTables(members: readonly Member[], more: readonly string[]): string[][] {
  const tables: string[][] = [];
  for (let index = 0; index < members.length;) {
    const { gateway, address6, name } = members[index]!;
    let length = 1;
    while (follows(members, index, length)) length++;
    const last = members[index + length - 1]!.gateway;
    const address = address6 === undefined ? tomlText(gateway) : tomlList([gateway, address6].map(tomlText));
    tables.push([
      "[[gateway]]",
      ...(name === undefined ? [] : [`name = ${tomlText(name)}`]),
      ...(length > 1 ? [`start-ip = ${tomlText(gateway)}`, `end-ip = ${tomlText(last)}`] : [`address = ${address}`]),
      ...more,
    ]);
    index += length;
  }
  return tables;
}

/** Whether the member so many places after another one has the address so many after its own, and both nothing else. */
function follows(members: readonly Member[], index: number, distance: number): boolean {
  const [first, next] = [members[index]!, members[index + distance]];
  if (next === undefined || [first, next].some((one) => one.name !== undefined || one.address6 !== undefined))
    return false;
  const [start, end] = [first, next].map(({ gateway }) => parseAddress(gateway, FAMILIES)!);
  return rangeSize(start!, end!) === distance + 1;
}

/** The members where they are more than all gateways with the same weight and tier. */
function membersText(members: readonly Member[]): string | undefined {
  if (members.every(({ weight, tier }) => weight === 1 && tier === 1)) return undefined;
  const items = members.map(({ gateway, name, weight, tier }) => {
    const parts = [
      `gateway = ${tomlText(name ?? gateway)}`,
      ...(weight === 1 ? [] : [`weight = ${weight}`]),
      ...(tier === 1 ? [] : [`tier = ${tier}`]),
    ];
    return `{ ${parts.join(", ")} }`;
  });
  return `members = ${tomlList(items)}`;
}

function tomlValue(type: ValueType<unknown>, text: string): string {
  if (type.schema?.type === "integer") {
    const parsed = type.parse(text); // flags have notations that TOML has not, such as 0120
    return parsed.ok ? String(parsed.value) : text;
  }
  if (type.schema?.type !== "boolean") return tomlText(text);
  const parsed = boolean.parse(text);
  return String(parsed.ok && parsed.value);
}

/** Longer lists have an item on each line. */
const MOST_COLUMNS = 100;

function tomlList(items: readonly string[]): string {
  const line = `[${items.join(", ")}]`;
  return line.length <= MOST_COLUMNS ? line : `[\n${items.map((item) => `  ${item},\n`).join("")}]`;
}

/** A text with the escapes of TOML, which are those of JSON, and one more for the delete character. */
function tomlText(text: string): string {
  if (/["\\]/.test(text) && !/['\p{Cc}]/u.test(text)) return `'${text}'`;
  return JSON.stringify(text).replaceAll("\x7f", "\\u007f");
}

function tomlKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : tomlText(name);
}
