import { type Option, options, type OptionValues } from "../options.ts";
import { filePath, type ValueType } from "../values.ts";

/** One key of a table of the file: everything that reading it and its documentation need. */
export interface Key<T = unknown> {
  readonly name: string;
  readonly type: ValueType<unknown>;
  readonly help: string;
  /** Its text where it is left out. */
  readonly fallback?: string;
  readonly required?: true;
  /** Its value is a list. */
  readonly list?: true;
  /** One item of that list may also stand by itself. */
  readonly alone?: true;
  /** The items of that list may also be tables with these keys; an item of the list's own type is the first of them. */
  readonly items?: Keys;
  /** The option that means the same, if one does. */
  readonly option?: keyof OptionValues;
  /** It names the file of a secret, whose text is a value of this type. */
  readonly secret?: ValueType<unknown>;
  /** Carries the type of the value; holds nothing. */
  readonly value?: T;
}

export type Keys = Readonly<Record<string, Key>>;

/** The values of keys without a fault. */
export type KeyValues<K extends Keys> = { readonly [Name in keyof K]: K[Name] extends Key<infer T> ? T : never };

/** A key without an option of its meaning, which has to be there or has a default. */
export function own<T>(
  name: string,
  type: ValueType<T>,
  help: string,
  extras: Pick<Key, "fallback"> | Pick<Key, "required">,
): Key<T> {
  return { name, type, help, ...extras };
}

/** A key without an option of its meaning, which may be left out. */
export function optional<T>(name: string, type: ValueType<T>, help: string): Key<T | undefined> {
  return { name, type, help };
}

/** A key whose value is a list; none where it is left out. */
export function listOf<T>(name: string, type: ValueType<T>, help: string): Key<readonly T[]> {
  return { name, type, help, list: true, fallback: "" };
}

/** A key whose value is a list that may be left out, which does not mean an empty one. */
export function optionalList<T>(name: string, type: ValueType<T>, help: string): Key<readonly T[] | undefined> {
  return { name, type, help, list: true };
}

/** The same, of which one item may stand by itself. */
export function oneOrMore<T>(name: string, type: ValueType<T>, help: string): Key<readonly T[] | undefined> {
  return { ...optionalList(name, type, help), alone: true };
}

/**
 * Keys that mean the same as options, with their names in the file. A secret does not stand in the file: the key names the
 * file that holds it.
 */
export function keysOf<const N extends Partial<Record<keyof OptionValues, string>>>(names: N) {
  const entries = Object.entries(names) as [keyof OptionValues, string][];
  return Object.fromEntries(entries.map(([option, name]) => [option, keyOf(option, name)])) as {
    readonly [K in keyof N & keyof OptionValues]: Key<OptionValues[K]>;
  };
}

function keyOf(option: keyof OptionValues, name: string): Key {
  const { type, help, fallback, repeatable, secret }: Option<unknown> = options[option];
  if (secret) {
    const file = { ...filePath, example: `/etc/gateway-route-manager/${options[option].flag}` };
    return { name: `${name}-file`, type: file, help: `file that holds the ${help}`, option, secret: type };
  }
  const list = repeatable === undefined ? {} : { list: true as const };
  return { name, type, help, option, ...list, ...(fallback !== undefined && { fallback }) };
}

/** The keys of options with a common beginning, which their names in the file do not have. */
export function withoutPrefix<const K extends keyof OptionValues>(prefix: string, keys: readonly K[]) {
  const names = keys.map((key) => [key, options[key].flag.slice(prefix.length)]);
  return keysOf(Object.fromEntries(names) as Record<K, string>);
}
