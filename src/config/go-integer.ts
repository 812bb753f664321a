import { integer, type ValueType } from "./values.ts";

/**
 * The notations of whole numbers in Go (strconv.ParseInt with base 0): a sign, `0x`, `0o` or a plain `0` for octal, `0b`, and
 * underscores between digits or after a prefix.
 */
const NOTATIONS: readonly (readonly [RegExp, number])[] = [
  [/^[+-]?0x((_?[\da-f])+)$/i, 16],
  [/^[+-]?0o((_?[0-7])+)$/i, 8],
  [/^[+-]?0b((_?[01])+)$/i, 2],
  [/^[+-]?0((_?[0-7])+)$/, 8],
  [/^[+-]?((0|[1-9]\d*)(_\d+)*)$/, 10],
];

/** The number in any of Go's notations; undefined where it is none, or too large to be exact. */
export function readGoInteger(text: string): number | undefined {
  for (const [form, base] of NOTATIONS) {
    const digits = form.exec(text)?.[1];
    if (digits === undefined) continue;
    const size = Number.parseInt(digits.replaceAll("_", ""), base);
    if (!Number.isSafeInteger(size)) return undefined;
    return text.startsWith("-") && size > 0 ? -size : size;
  }
  return undefined;
}

/** A whole number within bounds, in any notation that flags of the earlier program had (Go's flag.Int). */
export function goInteger(...bounds: Parameters<typeof integer>): ValueType<number> {
  const type = integer(...bounds);
  return { ...type, parse: (text) => type.parse(String(readGoInteger(text) ?? text)) };
}

/** A port, in the same notations. */
export const goPort = goInteger("PORT", 1, 65535, "8080");
