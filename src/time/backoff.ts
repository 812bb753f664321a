/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

const FIRST_MS = 1000;
const LONGEST_MS = 5 * 60_000;

/**
 * The wait after so many failures in a row: `first`, twice that, and so on up to `longest`, in the unit of both.
 *
 * @param failures from 1 on
 */
export function exponential(failures: number, first: number, longest: number): number {
  return Math.min(longest, first * 2 ** (failures - 1));
}

/**
 * The wait after so many failures in a row that may pass by themselves, in milliseconds: exponential from one second up
 * to five minutes, with full jitter, so that many clients do not come back all at once.
 *
 * @param failures from 1 on
 */
export function backoff(failures: number, random: Random): number {
  return random() * exponential(failures, FIRST_MS, LONGEST_MS);
}
