import { lstatSync, mkdirSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Who may read a file, and what it has to survive. */
export interface FileOptions {
  /** Permissions of the file, whatever the umask of the process. */
  readonly mode: number;
  /** Permissions of its folder, where that is made; those above are for all users, as usual in /run and /var/lib. */
  readonly folderMode: number;
  /** Whether it has to be the old one or the new one also after a power failure. */
  readonly durable: boolean;
}

/** For this user alone, and for good. */
const PRIVATE: FileOptions = { mode: 0o600, folderMode: 0o700, durable: true };

/**
 * Replaces a file as a whole, and makes its folder where there is none: a reader finds the old text or the new one.
 * The draft is in the same folder, so that one rename(2) puts it in place, which inotify(7) reports to those who watch that
 * folder (IN_MOVED_TO).
 *
 * @throws with the reason
 */
export async function replaceFile(
  path: string,
  text: string,
  { mode, folderMode, durable }: FileOptions = PRIVATE,
): Promise<void> {
  const folder = dirname(path);
  mkdirSync(dirname(folder), { recursive: true, mode: 0o755 });
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder, { mode: folderMode });
  const draft = join(folder, `.${basename(path)}.${process.pid}`);
  try {
    await writeDraft(draft, text, mode, durable);
    await rename(draft, path);
    if (durable) await flush(folder);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

async function writeDraft(path: string, text: string, mode: number, durable: boolean): Promise<void> {
  await rm(path, { force: true }); // of a run that was killed, or a link that another user made
  const file = await open(path, "wx", mode);
  try {
    await file.chmod(mode);
    await file.writeFile(text);
    if (durable) await file.sync();
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
