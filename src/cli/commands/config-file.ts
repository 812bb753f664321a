import { readBounded } from "./bounded-file.ts";

/** The longest configuration file, in bytes. One of 20 pools and 250 gateways has a tenth of it. */
const MAX_BYTES = 1_048_576;

/** Reads a configuration file. Throws with the reason when it cannot. */
export function readConfigFile(path: string): string {
  return readBounded(path, MAX_BYTES, "it has more than 1 MiB: name a configuration file");
}
