/** The longest wait that is obeyed, in milliseconds. */
const LONGEST_MS = 24 * 60 * 60_000;

/**
 * The wait that a Retry-After header asks for, in milliseconds: seconds, or a date (RFC 9110).
 *
 * @returns undefined without the header, or where it is neither
 */
export function readRetryAfter(text: string | null | undefined): number | undefined {
  if (text === null || text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Math.min(LONGEST_MS, Number(text) * 1000);
  const date = text.endsWith("GMT") ? Date.parse(text) : Number.NaN; // which makes a date of nearly anything
  return Number.isNaN(date) ? undefined : Math.min(LONGEST_MS, Math.max(0, date - Date.now()));
}
