import { lstatSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

import type { DrainEntry } from "../pool/drains.ts";
import { quote } from "../text/escape.ts";
import { drainText, parseDrains } from "./drain-text.ts";

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

/**
 * Writes the drained gateways. Whenever the machine stops, the file is the old one or the new one.
 *
 * @throws with the reason
 */
export async function writeDrainFile(path: string, entries: readonly DrainEntry[]): Promise<void> {
  const folder = dirname(path);
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
  const draft = join(folder, `.${basename(path)}.${process.pid}`);
  try {
    await writeThrough(draft, drainText(entries));
    await rename(draft, path);
    await flush(folder);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeThrough(path: string, text: string): Promise<void> {
  await rm(path, { force: true }); // of a run that was killed, or a link that another user made
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Writes the names of a folder to the disk. */
async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
