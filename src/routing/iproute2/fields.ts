import { isAddress } from "../../net/address.ts";

/*
 * Fields of what `ip -j` printed. A value of another kind than iproute2 prints means that something else printed it, so
 * each of these throws: nothing is then known of the kernel. Values that newer releases may have are left out instead.
 */

/** The largest number that the kernel has for a table, a metric or a preference. */
export const LARGEST = 2 ** 32 - 1;

/** The objects of a list that `ip -j` printed; it prints nothing at all, or `[{}]`, where there is nothing to show. */
export function readList<T extends object>(json: string): T[] {
  const list: unknown = JSON.parse(json || "[]");
  return listOf<T>(list).filter((entry) => Object.keys(entry).length > 0);
}

/** A list of objects; a missing one is empty. */
export function listOf<T extends object>(value: unknown = []): T[] {
  if (!Array.isArray(value)) throw new Error("ip printed no list where there should be one");
  for (const entry of value as unknown[]) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry))
      throw new Error("ip printed a list of something else");
  }
  return value as T[];
}

/** A whole number within bounds, both included. */
export function wholeNumber<T extends number | undefined>(
  value: unknown,
  most: number,
  missing: T,
  least = 0,
): number | T {
  if (value === undefined) return missing;
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`ip printed something else than a number from ${least} to ${most}`);
}

/** A number that `ip -N` prints as a text; undefined where it is a name all the same. */
export function numberInText(value: unknown, most: number): number | undefined {
  const word = textOf(value, "");
  return /^\d{1,10}$/.test(word) && Number(word) <= most ? Number(word) : undefined;
}

/** A text. */
export function textOf(value: unknown, missing: string): string {
  if (value === undefined) return missing;
  if (typeof value === "string") return value;
  throw new Error("ip printed something else than a text");
}

/** An IPv4 address; undefined where there is none, or one of another family. */
export function addressOf(value: unknown): string | undefined {
  const text = textOf(value, "");
  return isAddress(text) ? text : undefined;
}

/** A name that the kernel allows for an interface (dev_valid_name in net/core/dev.c), as long as a line can show it. */
export function deviceOf(value: unknown): string | undefined {
  const name = textOf(value, "");
  return /^(?!\.\.?$)[^\s/:\x00-\x1f\x7f-\x9f]{1,15}$/.test(name) ? name : undefined;
}
