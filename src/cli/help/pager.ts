import { realpathSync } from "node:fs";
import { basename } from "node:path";

import { output } from "../../log/async-stdout.ts";

/** A program that shows a text page by page. */
interface Pager {
  readonly command: readonly string[];
  /** Whether it shows colours, and not the escape sequences that make them. */
  readonly colours: boolean;
}

/** Writes a text to standard output, on a terminal through a pager where the text is longer than the screen. */
export async function showText(text: string): Promise<void> {
  const pager = isLong(text) ? findPager(process.env["PAGER"]) : undefined;
  if (pager === undefined || !(await page(text, pager))) output.write(text);
}

function isLong(text: string): boolean {
  if (!process.stdout.isTTY || process.env["TERM"] === "dumb") return false;
  return text.split("\n").length > process.stdout.getWindowSize()[1];
}

/** $PAGER, else less, else more; an empty $PAGER means none. */
function findPager(wanted: string | undefined): Pager | undefined {
  if (wanted !== undefined) return wanted.trim() === "" ? undefined : { command: ["sh", "-c", wanted], colours: true };
  const less = Bun.which("less");
  const more = Bun.which("more");
  // The less of BusyBox may know neither -R nor colours.
  if (less !== null) {
    return isBusyBox(less) ? { command: [less], colours: false } : { command: [less, "-R"], colours: true };
  }
  return more === null ? undefined : { command: [more], colours: true };
}

const isBusyBox = (program: string): boolean => basename(realpathSync(program)) === "busybox";

/**
 * Shows a text by a pager until it is quit, which it may be before the end.
 *
 * @returns false where the pager failed
 */
async function page(text: string, { command, colours }: Pager): Promise<boolean> {
  const ignore = (): void => {}; // Ctrl-C belongs to the pager, which may use it to stop a search
  process.on("SIGINT", ignore);
  try {
    const child = Bun.spawn([...command], {
      stdin: Buffer.from(colours ? text : Bun.stripANSI(text)),
      stdout: "inherit",
      stderr: "inherit",
      env: { LESS: "R", ...process.env }, // for a $PAGER that is less
    });
    await child.exited;
    return child.exitCode === 0 || child.signalCode !== null;
  } catch {
    return false;
  } finally {
    process.off("SIGINT", ignore);
  }
}
