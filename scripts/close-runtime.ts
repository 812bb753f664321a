/**
 * Copies a runtime of Bun, and takes from the copy what makes an executable a general interpreter: variables that have it
 * run other code than its own. No option of the compiler does that.
 *   bun scripts/close-runtime.ts RUNTIME COPY
 * Each name of such a variable in the copy gets an equals sign as its last character, which no name of a variable can have
 * (environ(7)). Names within the source of the runtime's own modules stay, since they only read what is there.
 */
import { chmodSync } from "node:fs";

/**
 * - BUN_BE_BUN: be `bun` itself, which runs any script
 * - BUN_OPTIONS: further options, such as --preload
 * - BUN_INSPECT and those that begin so: load or connect a debugger, which evaluates any code
 */
const NAMES = ["BUN_BE_BUN", "BUN_OPTIONS", "BUN_INSPECT"];

const [from = "", to = ""] = process.argv.slice(2);
const bytes = Buffer.from(await Bun.file(from).arrayBuffer());
for (const name of NAMES) {
  if (closeName(name) === 0) {
    console.error(
      `scripts/close-runtime.ts: ${from} does not know ${name}: find out what this version of Bun has instead`,
    );
    process.exit(1);
  }
}
await Bun.write(to, bytes);
chmodSync(to, 0o755);

/** Closes a name everywhere; returns how often it occurs. */
function closeName(name: string): number {
  let count = 0;
  for (let at = bytes.indexOf(name); at >= 0; at = bytes.indexOf(name, at + 1)) {
    if (bytes.toString("latin1", at - 4, at) === "env.") continue;
    bytes[at + name.length - 1] = "=".charCodeAt(0);
    count += 1;
  }
  return count;
}
