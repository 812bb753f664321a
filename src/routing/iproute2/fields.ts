import { type Family, formatAddress, isLinkLocal, parseAddress } from "../../net/address.ts";
import { IpError } from "./error.ts";

/*
 * Fields of what `ip -j` printed. A value of another type than iproute2 prints means that another program printed it, so
 * each of these throws an `IpError` then: nothing is known of the kernel. Values that newer releases may have are left out.
 */

/** The largest number that the kernel has for a table, a metric or a preference. */
export const LARGEST = 2 ** 32 - 1;

/** What `ip` printed; nothing is known of the values. */
export type Json = Readonly<Record<string, unknown>>;

/** The error for output that iproute2 never prints. */
export function unexpected(expected: string): IpError {
  return new IpError("unreadable", `unexpected output of ip: expected ${expected}`);
}

/** The objects of a list that `ip -j` printed; it prints nothing at all, or `[{}]`, where there is nothing to show. */
export function readList<T extends object = Json>(json: string): T[] {
  return listOf<T>(parseJson(json || "[]")).filter((entry) => Object.keys(entry).length > 0);
}

function parseJson(json: string): unknown {
  for (const text of [json, corrected(json)]) {
    try {
      return JSON.parse(text);
    } catch {
      continue;
    }
  }
  throw unexpected("JSON");
}

/**
 * Texts of other programs and of people, such as the name of an interface, are no JSON in some releases (lib/json_writer.c):
 * before 6.1 an apostrophe has a backslash, and before 7.0 most control characters stand as they are.
 */
function corrected(json: string): string {
  return json
    .replaceAll(/\\(.)/g, (escape, character) => (character === "'" ? "'" : escape))
    .replaceAll(/[\x00-\x1f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A list of objects; a missing one is empty. */
export function listOf<T extends object = Json>(value: unknown = []): T[] {
  if (!Array.isArray(value)) throw unexpected("a list");
  for (const entry of value as unknown[]) {
    if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw unexpected("a list of objects");
  }
  return value as T[];
}

/** A list of strings; a missing one is empty. */
export function stringsOf(value: unknown = []): readonly string[] {
  if (!Array.isArray(value) || value.some((entry) => typeof entry !== "string")) throw unexpected("a list of strings");
  return value as string[];
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
  throw unexpected(`a number from ${least} to ${most}`);
}

/** A number that `ip -N` prints as a string; undefined where it is a name even so. */
export function numberInText(value: unknown, most: number): number | undefined {
  const word = textOf(value, "");
  return /^\d{1,10}$/.test(word) && Number(word) <= most ? Number(word) : undefined;
}

/** A string. */
export function textOf(value: unknown, missing: string): string {
  if (value === undefined) return missing;
  if (typeof value === "string") return value;
  throw unexpected("a string");
}

/** An address of a family, in its one form; undefined where there is none, or one of another family. */
export function addressOf(value: unknown, family: Family = 4): string | undefined {
  const address = parseAddress(textOf(value, ""), [family]);
  return address && formatAddress(address);
}

/** The address of a gateway with its interface, where it means something on that alone; without one that no zone can name. */
export function gatewayOf(value: unknown, device: string | undefined, family: Family): string | undefined {
  const address = parseAddress(textOf(value, ""), [family]);
  if (address === undefined || !isLinkLocal(address) || device === undefined) return address && formatAddress(address);
  return formatAddress(parseAddress(`${formatAddress(address)}%${device}`, [family]) ?? address);
}

/** A name that the kernel allows for an interface (dev_valid_name in net/core/dev.c), if it has no control characters. */
export function deviceOf(value: unknown): string | undefined {
  const name = textOf(value, "");
  return /^(?!\.\.?$)[^\s/:\x00-\x1f\x7f-\x9f]{1,15}$/.test(name) ? name : undefined;
}
