import { closeSync, openSync, readSync } from "node:fs";

/**
 * Reads a file of UTF-8, which may be a pipe. Without a limit, a device such as /dev/zero would fill the memory. Throws with
 * the reason when it cannot.
 *
 * @param most the limit in bytes
 * @param tooLong the reason where the file has more
 */
export function readBounded(path: string, most: number, tooLong: string): string {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(most + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      length += read;
      if (length > most) throw new Error(tooLong);
      if (read === 0) return bytes.toString("utf8", 0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
