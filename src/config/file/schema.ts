import { options } from "../options.ts";
import type { ValueType } from "../values.ts";
import type { Key, Keys } from "./keys.ts";
import {
  BEYOND_PROBE,
  DDNS,
  EXIT_CHECK,
  GATEWAY,
  GATEWAY_PROBE,
  POOL,
  PUBLIC_IP,
  SERVICE,
  TABLES,
  type TableShape,
} from "./tables.ts";

type Schema = Readonly<Record<string, unknown>>;

/** A JSON Schema of the configuration file, by which editors complete and check it. */
export function configSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration file of gateway-route-manager",
    type: "object",
    additionalProperties: false,
    required: ["gateway"],
    properties: {
      service: tableSchema(SERVICE),
      gateway: { type: "array", minItems: 1, items: { ...tableSchema(GATEWAY), oneOf: ADDRESSES } },
      probe: {
        type: "object",
        additionalProperties: {
          type: "object",
          required: ["type"],
          if: { properties: { type: { const: "http" } } },
          then: tableSchema(GATEWAY_PROBE),
          else: tableSchema(BEYOND_PROBE),
        },
      },
      "exit-check": tableSchema(EXIT_CHECK),
      "public-ip": tableSchema(PUBLIC_IP),
      pool: { type: "array", items: tableSchema(POOL) },
      ddns: { type: "array", items: tableSchema(DDNS) },
    },
  };
}

/** A gateway has an address, or a range has two. */
const ADDRESSES: readonly Schema[] = [
  { required: ["address"], not: { anyOf: [{ required: ["start-ip"] }, { required: ["end-ip"] }] } },
  { required: ["start-ip", "end-ip"] },
];

function tableSchema({ help, keys }: TableShape): Schema {
  return { description: help, ...keysSchema(keys) };
}

function keysSchema(keys: Keys): Schema {
  const all = Object.values(keys);
  const required = all.flatMap((key) => (key.required ? key.name : []));
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(all.map((key) => [key.name, keySchema(key)])),
    ...(required.length > 0 && { required }),
  };
}

function keySchema(key: Key): Schema {
  const value = valueSchema(key.type);
  const item = key.items === undefined ? value : { anyOf: [value, keysSchema(key.items)] };
  const list = { type: "array", items: item, ...((key.required || key.alone) && { minItems: 1 }) };
  return {
    description: helpOf(key),
    ...(key.alone ? { anyOf: [item, list] } : key.list ? list : item),
    ...(key.fallback !== undefined && { default: defaultOf(key, key.fallback) }),
  };
}

function valueSchema({ schema, example }: ValueType<unknown>): Schema {
  const isText = schema === undefined || schema.type === "string";
  return { ...(schema ?? { type: "string" }), ...(isText && example !== undefined && { examples: [example] }) };
}

function defaultOf({ list, type }: Key, text: string): unknown {
  const kind = type.schema?.type;
  const value = kind === "integer" ? Number(text) : kind === "boolean" ? text === "true" : text;
  if (!list) return value;
  return text === "" ? [] : [value];
}

/** What a key means, in the words of the file: the help of an option names others by their flags. */
export function helpOf({ help }: Key): string {
  return help.replaceAll(/(?<![\w-])-([a-z][a-z-]*[a-z])/g, (text, flag: string) => KEY_BY_FLAG.get(flag) ?? text);
}

const KEY_BY_FLAG: ReadonlyMap<string, string> = new Map([
  ["through", "probe"],
  ...TABLES.flatMap(({ keys }) => Object.values<Key>(keys)).flatMap(({ option, name }) =>
    option === undefined ? [] : [[options[option].flag, name] as const],
  ),
]);
