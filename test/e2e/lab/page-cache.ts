/** What the kernel has in memory of a file, as it is on a small router. */
import { statSync, writeFileSync } from "node:fs";

import { run } from "./namespace.ts";

/** Drops all pages of a file from memory, after they are written. */
export async function dropPages(file: string): Promise<void> {
  await run(["dd", `of=${file}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0", "status=none"]);
}

/**
 * Has the kernel read 128 KiB around a missing page of a mounted file system, its default. Disks of machines in the cloud may
 * have megabytes there, and more would be in memory than a program uses.
 */
export function setReadAhead(folder: string): void {
  const { dev } = statSync(folder);
  try {
    writeFileSync(`/sys/class/bdi/${dev >> 8}:${dev & 255}/read_ahead_kb`, "128");
  } catch {
    // Where /sys cannot be written, it stays as it is.
  }
}
