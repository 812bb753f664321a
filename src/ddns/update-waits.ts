import type { Random } from "../time/backoff.ts";

const MINUTE_MS = 60_000;

/** The time from one check of correct records to the next: 10 to 15 minutes, in milliseconds. */
export function checkInterval(random: Random): number {
  return (10 + random() * 5) * MINUTE_MS;
}

/** The wait after a failure that only a person can correct: 15 to 60 minutes, in milliseconds. */
export function longBackoff(random: Random): number {
  return (15 + random() * 45) * MINUTE_MS;
}
