import { closeSync, openSync, readFileSync, readlinkSync } from "node:fs";

const STDOUT = 1;

/** Of open(2); node:fs does not have it. */
const O_CLOEXEC = 0o2000000;

/**
 * Has writes to a standard output that was closed at the start fail (EBADF). Bun opens /dev/null in its place, where output
 * would be lost unnoticed.
 */
export function rejectClosedStdout(): void {
  if (!isReplaced()) return;
  closeSync(STDOUT);
  openSync("/dev/null", "r"); // takes the free place, which no other file must get
}

/** Whether Bun opened what stands there: that closes on exec, which nothing does that was inherited. */
function isReplaced(): boolean {
  try {
    const [, flags = "0"] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${STDOUT}`, "utf8")) ?? [];
    const closesOnExec = (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
    return closesOnExec && readlinkSync(`/proc/self/fd/${STDOUT}`) === "/dev/null";
  } catch {
    return false; // no /proc
  }
}
