import { quote } from "../../text/escape.ts";
import { hex } from "../../text/hex.ts";
import { withoutUsers } from "../../text/redact.ts";
import type { ValueSchema, ValueType } from "../values.ts";
import type { Warning } from "../warning-rules.ts";
import type { Key, Keys, KeyValues } from "./keys.ts";
import type { Path } from "./scan.ts";
import type { Table } from "./syntax.ts";
import type { TableShape } from "./tables.ts";
import { unknownKey } from "./unknown-key.ts";

/** Takes what reading finds. */
export interface Findings {
  /** A fault, at the key or at the value of a path; where there is none, at the table around it. */
  report(path: Path, text: string, at?: "key" | "value"): void;
  /** What is allowed at a path but makes little sense. */
  warn(path: Path, warning: Warning): void;
  /** A value that may hold a secret: no message shows it. */
  hide(path: Path): void;
  /** The line of what is at a path. */
  lineOf(path: Path): number;
  /**
   * The secret that a file holds; undefined where it is not needed. Throws with a readable message when it cannot be read.
   *
   * @param name what that message begins with
   */
  readSecret(name: string, path: string, key: Key): string | undefined;
}

/** A table whose keys have been read. */
export interface Read<K extends Keys> {
  /** How messages call it. */
  readonly title: string;
  readonly path: Path;
  /** What is faulty, or left out and of no default, is undefined. */
  readonly values: Partial<KeyValues<K>>;
  /** The names of all values that are given, also of faulty ones. */
  readonly given: ReadonlySet<string>;
}

/** Reads a table, and reports everything that it should not have. */
export function readTable<K extends Keys>(
  shape: TableShape<K>,
  table: Table,
  path: Path,
  findings: Findings,
  title = shape.title,
): Read<K> {
  const keys = Object.entries(shape.keys);
  const values: Record<string, unknown> = {};
  const given = new Set<string>();
  for (const name of Object.keys(table)) {
    if (keys.some(([, key]) => key.name === name)) continue;
    const { text, hide } = unknownKey(shape, name);
    if (hide) findings.hide([...path, name]);
    findings.report([...path, name], `${title}: ${text}`, "key");
  }
  for (const [id, key] of keys) {
    const value = Object.hasOwn(table, key.name) ? table[key.name] : undefined;
    if (value !== undefined) {
      given.add(id);
      values[id] = readKey(key, value, [...path, key.name], findings, title);
    } else if (key.required) {
      findings.report(path, `${title}: ${key.name} is missing: ${key.help}`, "value");
    } else if (key.fallback !== undefined) {
      values[id] = fallbackOf(key, key.fallback);
    }
  }
  return { title, path, values: values as Partial<KeyValues<K>>, given };
}

/** A list without what is faulty, which is undefined, also where all of it is: others look into it before all is judged. */
export function sound<T>(list: readonly (T | undefined)[] = []): T[] {
  return list.filter((one) => one !== undefined);
}

/** The values of a table that is left out. */
export function fallbacksOf<K extends Keys>(keys: K): Partial<KeyValues<K>> {
  const entries = Object.entries<Key>(keys).flatMap(([id, key]) =>
    key.fallback === undefined ? [] : [[id, fallbackOf(key, key.fallback)]],
  );
  return Object.fromEntries(entries) as Partial<KeyValues<K>>;
}

/** The value of a key that is left out. */
function fallbackOf({ list, type }: Key, text: string): unknown {
  if (list && text === "") return [];
  const parsed = type.parse(text);
  if (!parsed.ok) return undefined;
  return list ? [parsed.value] : parsed.value;
}

function readKey(key: Key, value: unknown, path: Path, findings: Findings, title: string): unknown {
  if (!key.list) return readOne(key, value, path, findings, `${title} ${key.name}`);
  if (!Array.isArray(value)) {
    if (key.alone) return [readOne(key, value, path, findings, `${title} ${key.name}`)];
    const example = typeof value === "string" ? `[${quote(withoutUsers(value))}]` : "[ ]";
    findings.report(path, `${title} ${key.name}: expected a list; write ${key.name} = ${example}`);
    return undefined;
  }
  return value.map((item: unknown, index) => readItem(key, item, [...path, index], findings, `${title} ${key.name}`));
}

function readItem(key: Key, item: unknown, path: Path, findings: Findings, title: string): unknown {
  if (key.items === undefined) return readOne(key, item, path, findings, title);
  const [first] = Object.values(key.items);
  const table = isTable(item) ? item : { [first!.name]: item as string };
  return readTable({ title, help: key.help, keys: key.items }, table, path, findings).values;
}

/** Reads one value, and reports why it cannot be one. */
function readOne(key: Key, value: unknown, path: Path, findings: Findings, title: string): unknown {
  const { type } = key;
  const written = textOf(type, value);
  const parsed = written.ok ? type.parse(written.text) : written;
  if (parsed.ok && key.secret)
    return readSecret(key, key.secret, written.ok ? written.text : "", path, findings, title);
  if (parsed.ok) return parsed.value;
  const text = typeof value === "string" ? value : undefined;
  const shown = text === undefined ? scalarText(value) : quote(withoutUsers(type.show?.(text) ?? text));
  const mayBeSecret = text === undefined ? typeof value === "object" : type.show?.(text) !== text;
  if (type.show && mayBeSecret) findings.hide(path);
  findings.report(path, `${title}${shown && ` ${shown}`}: expected ${parsed.expected}`);
  return undefined;
}

function readSecret(
  key: Key,
  type: ValueType<unknown>,
  file: string,
  path: Path,
  findings: Findings,
  title: string,
): unknown {
  try {
    const secret = findings.readSecret(title, file, key);
    const parsed = secret === undefined ? undefined : type.parse(secret);
    if (parsed === undefined || parsed.ok) return parsed?.value;
    findings.report(path, `${title} ${quote(file)}: what it holds (not shown) is not ${parsed.expected}`);
  } catch (error) {
    findings.report(path, (error as Error).message);
  }
  return undefined;
}

type Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly expected: string };

/** The text of a value as a flag would have it, if it is of the kind that the file has for such values. */
function textOf(type: ValueType<unknown>, value: unknown): Text {
  const kind = type.schema?.type ?? "string";
  if (typeof value === "boolean" && kind === "boolean") return { ok: true, text: String(value) };
  if (typeof value === "number" && kind === "integer") return { ok: true, text: String(value) };
  if (typeof value === "number" && Array.isArray(kind) && Number.isSafeInteger(value) && value >= 0) {
    return { ok: true, text: hex(value) };
  }
  if (typeof value === "string" && kind !== "boolean" && kind !== "integer") return { ok: true, text: value };
  return { ok: false, expected: expectedKind(type, kind, value) };
}

function expectedKind(type: ValueType<unknown>, kind: ValueSchema["type"], value: unknown): string {
  const isScalar = ["string", "number", "boolean"].includes(typeof value);
  const parsed = type.parse(isScalar ? String(value) : ""); // lists and tables need not have a text
  if (kind === "boolean") return `true or false${typeof value === "string" ? " without quotation marks" : ""}`;
  if (kind === "integer") {
    return parsed.ok ? `a number without quotation marks; write ${String(value)}` : parsed.expected;
  }
  if (!isScalar)
    return `a text in quotation marks, such as ${quote(type.example ?? type.words?.[0] ?? type.placeholder)}`;
  return parsed.ok ? `a text in quotation marks; write "${String(value)}"` : parsed.expected;
}

/** How a message shows a value that is no text; nothing for lists, tables and dates. */
function scalarText(value: unknown): string {
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

/** Whether a value is a table, and not a list or a date. */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === null;
}
