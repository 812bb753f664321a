import type { Contradiction, NameOf } from "../rules.ts";
import type { Key, Keys, KeyValues } from "./keys.ts";
import type { Findings, Read } from "./read.ts";
import type { TableShape } from "./tables.ts";

/**
 * Applies rules between values to those of a table, in the words of its keys.
 *
 * @param elsewhere what values of other tables are called
 */
export function reportRules<K extends Keys>(
  read: Read<K>,
  shape: TableShape<K>,
  findings: Findings,
  rules: (name: NameOf) => Iterable<Contradiction>,
  elsewhere: NameOf = String,
): void {
  const keys = Object.values<Key>(shape.keys);
  const nameOf = (option: string): string | undefined => keys.find((key) => key.option === option)?.name;
  for (const { key, text } of rules((option) => nameOf(option) ?? elsewhere(option))) {
    findings.report([...read.path, nameOf(key) ?? elsewhere(key)], `${read.title} ${text}`);
  }
}

/** The values of a table as if none were faulty. What is made of faulty ones is used by nothing. */
export function whole<K extends Keys>(values: Partial<KeyValues<K>>): KeyValues<K> {
  return values as KeyValues<K>;
}
