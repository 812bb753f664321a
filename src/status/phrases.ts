import type { Gateway } from "./schema.ts";

/* How lengths, times and parts are written for people: by the status command and on the status page. */

const UNITS: readonly [seconds: number, name: string][] = [
  [86_400, "d"],
  [3600, "h"],
  [60, "m"],
  [1, "s"],
];

/** A length of time in its two largest units, such as `3d 4h` or `12s`. */
export function age(seconds: number): string {
  const whole = Math.floor(seconds);
  const first = Math.max(
    0,
    UNITS.findIndex(([unit]) => whole >= unit),
  );
  if (whole < 1) return "0s";
  const [unit, name] = UNITS[first]!;
  const [smaller, smallerName] = UNITS[first + 1] ?? [undefined, ""];
  const head = `${Math.floor(whole / unit)}${name}`;
  return smaller === undefined ? head : `${head} ${Math.floor((whole % unit) / smaller)}${smallerName}`;
}

/** A round length of time: like an age, without a smaller unit that is zero. */
export function span(seconds: number): string {
  return age(seconds).replace(/ 0[hms]$/, "");
}

/** A latency in seconds, to three digits; `-` where none was measured. */
export function latencyText(seconds: number | null): string {
  if (seconds === null) return "-";
  const milliseconds = seconds * 1000;
  return milliseconds < 999.5 ? `${milliseconds.toPrecision(3)} ms` : `${seconds.toFixed(2)} s`;
}

/** A part of all, 0 to 1. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** How long a gateway that flaps is not used, and why. */
function holdText({ losses, remainingSeconds }: NonNullable<Gateway["held"]>): string {
  return `held for ${age(Math.ceil(remainingSeconds))} more: lost ${losses} times in a short time`;
}

/** Why a gateway is not in use, or why it was not the last time. */
export interface Reason {
  readonly text: string;
  /** How long ago that was, in seconds; null where it is so now, or where there is no reason. */
  readonly ageSeconds: number | null;
}

export function reasonOf({ state, leftOut, held, kept, lastFailure, failuresInRow }: Gateway): Reason {
  const now = (text: string): Reason => ({ text, ageSeconds: null });
  if (leftOut !== null) return now(`left out: ${leftOut}`);
  if (state === "up" && held) return now(holdText(held));
  if (lastFailure === null) return now("");
  const { why, at } = lastFailure;
  if (kept) return now(`used all the same (-min-healthy): ${why}`);
  if (state === "down" && held) return now(`${why}; ${holdText(held)}`);
  return state === "down" || failuresInRow > 0 ? now(why) : { text: why, ageSeconds: at.ageSeconds };
}
