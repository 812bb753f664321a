import { closeSync, openSync, readSync } from "node:fs";

/** The longest file of a secret, in bytes. Without a limit, a device such as /dev/zero would fill the memory. */
const MAX_BYTES = 65_536;

/** Reads the file of a secret, which may be a pipe. Throws with the reason when it cannot. */
export function readSecretFile(path: string): string {
  const descriptor = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (;;) {
      const read = readSync(descriptor, bytes, length, bytes.length - length, null);
      length += read;
      if (length > MAX_BYTES) throw new Error("it has more than 64 KiB: name a file that holds the secret alone");
      if (read === 0) return bytes.toString("utf8", 0, length);
    }
  } finally {
    closeSync(descriptor);
  }
}
