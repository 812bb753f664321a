/**
 * A signal that aborts after so many milliseconds, and as soon as `stop` aborts.
 *
 * @param ms fractions are rounded up to whole milliseconds, and to one at least: a timeout takes no others
 */
export function deadline(ms: number, stop?: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(Math.max(1, Math.ceil(ms)));
  return stop ? AbortSignal.any([stop, limit]) : limit;
}
