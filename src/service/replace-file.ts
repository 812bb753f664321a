import { lstatSync, mkdirSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file that only this user may read, and its folder where there is none. Whenever the machine stops, the file is the
 * old one or the new one.
 *
 * @throws with the reason
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: 0o700 });
  const draft = join(folder, `.${basename(path)}.${process.pid}`);
  try {
    await writeThrough(draft, text);
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
