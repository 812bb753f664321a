import { exponential } from "../time/backoff.ts";

/** How often one entry of the kernel has been restored lately. Times are milliseconds of any steady clock. */
export interface RepairBackoff {
  readonly repairs: number;
  /** The next repair waits until then. */
  readonly until: number;
}

const FREE_REPAIRS = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5000;
const FORGET_MS = 10_000;

/** No repair yet. */
export const NO_REPAIRS: RepairBackoff = { repairs: 0, until: -Infinity };

/**
 * The state after one more repair. The first few are free, so that accidents heal at once. Against a program that
 * keeps undoing them each further repair waits twice as long, up to 5 s: all is right that soon after the other program has
 * stopped. Ten quiet seconds make it fresh again.
 *
 * @param longest milliseconds that a repair waits at most
 */
export function afterRepair(before: RepairBackoff, now: number, longest = LONGEST_WAIT_MS): RepairBackoff {
  const repairs = (now > before.until + FORGET_MS ? 0 : before.repairs) + 1;
  const wait = repairs < FREE_REPAIRS ? 0 : exponential(repairs - FREE_REPAIRS + 1, FIRST_WAIT_MS, longest);
  return { repairs, until: now + wait };
}

/** Whether this repair is the one that shows a fight: worth one warning. */
export function showsFight({ repairs }: RepairBackoff): boolean {
  return repairs === FREE_REPAIRS;
}
