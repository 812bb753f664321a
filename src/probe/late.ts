import type { Probe } from "./probe.ts";

/**
 * A failure that comes so many milliseconds after the timeout is one of this process and not of the gateway: it did not
 * run meanwhile (stopped, a paused virtual machine, no processor time), and the answer may lie unread.
 */
const LATE_MS = 250;

/** Whether a failure after so many milliseconds is no verdict. */
export function isLate(elapsed: number, timeout: number): boolean {
  return elapsed > timeout + LATE_MS;
}

/** A probe that asks once more when it has failed while this process did not run. */
export function onceMoreIfLate(probe: Probe, timeout: number): Probe {
  return async (gateway) => {
    const result = await probe(gateway);
    return result.kind === "failure" && isLate(result.seconds * 1000, timeout) ? probe(gateway) : result;
  };
}
