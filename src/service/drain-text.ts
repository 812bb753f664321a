import type { DrainEntry } from "../pool/drains.ts";
import { parseJson } from "../text/json.ts";

/** The drained gateways in the text of a file, or why there are none. */
export type ParsedDrains =
  { readonly ok: true; readonly entries: readonly DrainEntry[] } | { readonly ok: false; readonly why: string };

const VERSION = 1;

/** The text of the file that remembers drained gateways. */
export function drainText(entries: readonly DrainEntry[]): string {
  const drained = entries.map(({ since, ...rest }) => ({ ...rest, since: new Date(since).toISOString() }));
  return `${JSON.stringify({ version: VERSION, drained }, undefined, 2)}\n`;
}

/** Reads such a text. It is taken whole or not at all: half a list would let traffic through gateways in maintenance. */
export function parseDrains(text: string): ParsedDrains {
  if (text.trim() === "") return { ok: false, why: "it is empty" };
  const value = parseJson(text);
  if (!isObject(value)) return { ok: false, why: "it is damaged: no JSON object" };
  const { version } = value;
  if (typeof version !== "number") return { ok: false, why: "it is damaged: no version" };
  if (version !== VERSION) return { ok: false, why: `it has version ${version}, and this program knows ${VERSION}` };
  const list = value["drained"];
  const entries = Array.isArray(list) ? list.map(entryOf) : [undefined];
  const index = entries.indexOf(undefined);
  if (index >= 0) return { ok: false, why: `it is damaged: "drained" ${index + 1} is no gateway` };
  return { ok: true, entries: entries as DrainEntry[] };
}

function entryOf(value: unknown): DrainEntry | undefined {
  if (!isObject(value)) return undefined;
  const { gateway, address, since } = value;
  const time = typeof since === "string" ? Date.parse(since) : Number.NaN;
  const isEntry = isWord(gateway) && isWord(address) && !Number.isNaN(time);
  return isEntry ? { gateway, address, since: time } : undefined;
}

function isWord(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !/[\x00-\x1f\x7f]/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
