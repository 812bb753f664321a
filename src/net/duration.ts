const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3, // U+00B5, the micro sign
  μs: 1e3, // U+03BC, the Greek letter
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
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
  let nanoseconds = 0; // whole, as Go counts: a sum of fractions would not be exact
  PART.lastIndex = 0;
  do {
    const part = PART.exec(body!);
    if (!part) return undefined;
    nanoseconds += Math.round(Number(part[1]) * NANOSECONDS[part[2]!]!);
  } while (PART.lastIndex < body!.length);
  return (sign === "-" ? -nanoseconds : nanoseconds) / 1e6;
}

/** The text of Go's time.Duration.String: `250ms`, `1.5s`, `1m30s`, `1h0m0s`. */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds < 0) return `-${formatDuration(-milliseconds)}`;
  if (nanoseconds === 0) return "0s";
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${nanoseconds / 1e3}µs`;
  if (nanoseconds < 1e9) return `${nanoseconds / 1e6}ms`;
  const hours = Math.floor(nanoseconds / 3600e9);
  const minutes = Math.floor((nanoseconds % 3600e9) / 60e9);
  const fraction = String(nanoseconds % 1e9)
    .padStart(9, "0")
    .replace(/0+$/, "");
  const seconds = `${Math.floor((nanoseconds % 60e9) / 1e9)}${fraction && `.${fraction}`}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
