import type { ValueType } from "../../../src/config/values.ts";

/** The value of a text that must be accepted. */
export function valueOf<T>(type: ValueType<T>, text: string): T {
  const parsed = type.parse(text);
  if (!parsed.ok) throw new Error(`${JSON.stringify(text)} was refused: expected ${parsed.expected}`);
  return parsed.value;
}

/** What is said to be expected in place of a text that must be refused. */
export function expectedFor<T>(type: ValueType<T>, text: string): string {
  const parsed = type.parse(text);
  if (parsed.ok) throw new Error(`${JSON.stringify(text)} was accepted as ${JSON.stringify(parsed.value)}`);
  return parsed.expected;
}
