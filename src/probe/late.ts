import type { ProbeResult } from "./probe.ts";

/**
 * A failure that comes so many milliseconds after the timeout is one of this process and not of the gateway: it did not
 * run meanwhile (stopped, a paused virtual machine, no processor time), and the answer may lie unread.
 */
const LATE_MS = 250;

/** Whether a failure after so many milliseconds is no verdict. */
export function isLate(elapsed: number, timeout: number): boolean {
  return elapsed > timeout + LATE_MS;
}

/** Makes one probe. A failure while this process did not run is no verdict, so then it is made once more. */
export async function repeatIfLate(timeout: number, probe: () => Promise<ProbeResult>): Promise<ProbeResult> {
  const result = await probe();
  return result.kind === "failure" && isLate(result.seconds * 1000, timeout) ? probe() : result;
}
