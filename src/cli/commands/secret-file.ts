import { readBounded } from "./bounded-file.ts";

/** The longest file of a secret, in bytes. */
const MAX_BYTES = 65_536;

/** Reads the file of a secret, which may be a pipe. Throws with the reason when it cannot. */
export function readSecretFile(path: string): string {
  return readBounded(path, MAX_BYTES, "it has more than 64 KiB: name a file that holds the secret alone");
}
