import { formatDuration } from "../net/duration.ts";

/** A duration, rounded to two or three digits. */
export function roughly(milliseconds: number): string {
  const unit = milliseconds < 1000 ? 1 : milliseconds < 10_000 ? 100 : 1000;
  return formatDuration(Math.round(milliseconds / unit) * unit);
}
