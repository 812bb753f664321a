import { expect } from "bun:test";

import { parse, TomlDate } from "smol-toml";

import { type Path, type Place, scan } from "../../../../src/config/file/scan.ts";

/** Verifies that the text at the place of each value means that value. */
export function expectPlaces(text: string): void {
  const places = scan(text);
  const visit = (value: unknown, path: Path): void => {
    const place = places(path);
    if (place === undefined) throw new Error(`no place for ${JSON.stringify(path)}`);
    expectMeaning(text, value, path, place);
    if (typeof value !== "object" || value === null || value instanceof TomlDate) return;
    for (const key of Object.keys(value)) {
      const next = Array.isArray(value) ? Number(key) : key;
      visit((value as Record<string, unknown>)[key], [...path, next]);
    }
  };
  for (const [key, value] of Object.entries(parse(text))) visit(value, [key]);
}

function expectMeaning(text: string, value: unknown, path: Path, { key, value: span }: Place): void {
  const name = path.at(-1);
  if (typeof name === "string") {
    expect(Object.keys(parse(`${text.slice(key.start, key.end)} = 0`))).toEqual([name]);
  }
  const written = text.slice(span.start, span.end);
  const isTable = typeof value === "object" && !Array.isArray(value) && !(value instanceof TomlDate);
  const isList = Array.isArray(value) && written.startsWith("[[");
  if ((isTable && !written.startsWith("{")) || isList) return; // a header, or the key that makes the table
  expect(parse(`x = ${written}`)["x"]).toEqual(value as never);
}
