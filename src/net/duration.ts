const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5, the micro sign
  μs: 1e-3, // U+03BC, the Greek letter
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Reads a duration as Go's time.ParseDuration does: `250ms`, `1.5s`, `1h30m`, and `0` without a unit.
 *
 * @returns milliseconds, or undefined when the text is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const [, sign, body] = /^([-+]?)(.*)$/s.exec(text)!;
  if (body === "0") return 0;
  let milliseconds = 0;
  PART.lastIndex = 0;
  do {
    const part = PART.exec(body!);
    if (!part) return undefined;
    milliseconds += Number(part[1]) * MILLISECONDS[part[2]!]!;
  } while (PART.lastIndex < body!.length);
  return sign === "-" ? -milliseconds : milliseconds;
}

/** The shortest text in the form of Go's time.Duration.String: `250ms`, `1.5s`, `1m30s`, `1h0m0s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (milliseconds === 0) return "0s";
  const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
  if (milliseconds < 1e-3) return `${trimmed(milliseconds * 1e6, 0)}ns`;
  if (milliseconds < 1) return `${trimmed(milliseconds * 1e3, 3)}µs`;
  if (milliseconds < 1000) return `${trimmed(milliseconds, 6)}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor((milliseconds % 3_600_000) / 60_000);
  const seconds = `${trimmed((milliseconds % 60_000) / 1000, 9)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
