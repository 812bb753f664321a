import { readFileSync, statSync } from "node:fs";

import type { DrainEntry } from "../pool/drains.ts";
import { quote } from "../text/escape.ts";
import { drainText, parseDrains } from "./drain-text.ts";
import { replaceFile } from "./replace-file.ts";

/** What a drain file remembers, and why that is not known. */
export interface ReadDrains {
  readonly entries: readonly DrainEntry[];
  readonly problem?: string;
}

/** Bytes of the longest file: a thousand gateways with names need 200 kB. */
const MAX_BYTES = 1_048_576;

/** Reads the drained gateways. A file that is missing remembers none. */
export function readDrainFile(path: string): ReadDrains {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return { entries: [] };
    if (!stat.isFile()) return broken(path, "it is no file");
    if (stat.size > MAX_BYTES) return broken(path, "it has more than 1 MiB");
    const parsed = parseDrains(readFileSync(path, "utf8"));
    return parsed.ok ? { entries: parsed.entries } : broken(path, parsed.why);
  } catch (error) {
    return broken(path, (error as Error).message);
  }
}

function broken(path: string, why: string): ReadDrains {
  return { entries: [], problem: `cannot read the drained gateways from ${quote(path)}: ${why}` };
}

/** Writes the drained gateways, as {@link replaceFile} does. */
export function writeDrainFile(path: string, entries: readonly DrainEntry[]): Promise<void> {
  return replaceFile(path, drainText(entries));
}
