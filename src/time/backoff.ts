/** A number from 0 up to, but not including, 1. */
export type Random = () => number;

const FIRST_BACKOFF_MS = 1000;
const LONGEST_BACKOFF_MS = 5 * 60_000;

/**
 * The wait after so many failures in a row that may pass by themselves, in milliseconds: exponential from one second up
 * to five minutes, with full jitter, so that many clients do not come back all at once.
 *
 * @param failures from 1 on
 */
export function backoff(failures: number, random: Random): number {
  return random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}

/** The wait after a failure that only a person can mend: 15 to 60 minutes, in milliseconds. */
export function longPause(random: Random): number {
  return (15 + random() * 45) * 60_000;
}

/** The time between looks at records that were right the last time: 10 to 15 minutes, in milliseconds. */
export function checkPause(random: Random): number {
  return (10 + random() * 5) * 60_000;
}
