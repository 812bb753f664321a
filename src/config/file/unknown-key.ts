import { closest } from "../../text/closest.ts";
import { quote } from "../../text/escape.ts";
import { list } from "../../text/list.ts";
import { looksSecret } from "../arguments.ts";
import { optionList, options } from "../options.ts";
import type { Key } from "./keys.ts";
import { TABLES, type TableShape } from "./tables.ts";

/** What is said about a key that a table does not have. */
export interface UnknownKey {
  readonly text: string;
  /** Whether its value may be a secret. */
  readonly hide: boolean;
}

/** Says what is wrong with a key that a table does not have, and what was most likely meant. */
export function unknownKey(shape: TableShape, name: string): UnknownKey {
  const keys = Object.values(shape.keys);
  const asFile = keys.find((key) => key.name === `${name}-file`) ?? secretWithFlag(keys, name);
  const hide = asFile !== undefined || maybeSecret(name);
  if (asFile) {
    return {
      hide,
      text: `${name} does not stand in this file, which others may read; write it into a file of its own, and ${asFile.name} = "FILE" here`,
    };
  }
  return { hide, text: `unknown key ${quote(name)}; ${remedyOf(shape, keys, name)}` };
}

function remedyOf(shape: TableShape, keys: readonly Key[], name: string): string {
  const called = keys.find((key) => flagOf(key) === name);
  if (called) return `it is called ${called.name} here`;
  const elsewhere = tablesWith(name).filter((title) => title !== shape.title);
  if (elsewhere.length > 0) return belongs(name, elsewhere);
  const names = keys.map((key) => key.name);
  const meant = closest(name, names);
  return meant === undefined ? `known are ${list(names, names.length)}` : `did you mean ${meant}?`;
}

/** Says where a key belongs, and what it is called there. */
export function belongs(name: string, tables: readonly string[]): string {
  const called = TABLES.flatMap(({ keys }) => Object.values<Key>(keys)).find((key) => flagOf(key) === name);
  const isCalledSo = called === undefined || called.name === name;
  return isCalledSo ? `it belongs below ${list(tables, 3)}` : `it is ${called.name} below ${list(tables, 3)}`;
}

/** The tables that have a key, by its name or by that of its flag. */
export function tablesWith(name: string): string[] {
  const has = ({ keys }: TableShape): boolean =>
    Object.values<Key>(keys).some((key) => key.name === name || flagOf(key) === name);
  const shapes: readonly TableShape[] = TABLES;
  const found = shapes.filter(has);
  const isWhole = (header: string): boolean => shapes.every((shape) => shape.header !== header || has(shape));
  return [...new Set(found.map(({ title, header }) => (header !== undefined && isWhole(header) ? header : title)))];
}

/** The key of any table that a mistyped one most likely meant, and the tables that have it. */
export function meantElsewhere(name: string): string | undefined {
  const names = TABLES.flatMap(({ keys }) => Object.values<Key>(keys).map((key) => key.name));
  const meant = closest(name, names);
  return meant === undefined ? undefined : `did you mean ${meant}, below ${list(tablesWith(meant), 3)}?`;
}

/** Whether the value of a key that no table has may be a secret. */
export function maybeSecret(name: string): boolean {
  return looksSecret(name) || closest(name, SECRETS) !== undefined;
}

/** What keys of secrets would be called if these stood in the file, and keys of values that may hold one. */
const SECRETS: readonly string[] = [
  ...optionList.flatMap(({ flag, secret, type }) => (secret || type.show ? flag : [])),
  ...TABLES.flatMap(({ keys }) => Object.values<Key>(keys)).flatMap(({ name, secret, type }) => {
    if (secret) return name.replace(/-file$/, "");
    return type.show ? name : [];
  }),
];

function flagOf({ option }: Key): string | undefined {
  return option === undefined ? undefined : options[option].flag;
}

function secretWithFlag(keys: readonly Key[], name: string): Key | undefined {
  return keys.find((key) => key.secret && flagOf(key) === name);
}
