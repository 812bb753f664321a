/** What something takes of the time at most, however often it is asked for. */
const SHARE = 0.1;

/** What was made is never kept for longer, even if the process was stopped while it was made. */
const LONGEST_REST_MS = 5000;

/**
 * Makes something costly so seldom that making it takes no more than a tenth of the time: whoever asks in between gets
 * what was made last, which is then younger than ten times what it takes to make. A flood of requests must not keep
 * probes from running.
 *
 * @param now milliseconds of a clock that never jumps
 */
export function rateLimitedCache<T>(
  make: () => T | Promise<T>,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let made: Promise<T> | undefined;
  let makeAgainAt = 0;
  return () => {
    if (made && now() < makeAgainAt) return made;
    const start = now();
    const current = Promise.resolve(make());
    made = current;
    makeAgainAt = Infinity;
    const rest = (): void => {
      makeAgainAt = now() + Math.min(LONGEST_REST_MS, (now() - start) * (1 / SHARE - 1));
    };
    current.then(rest, () => {
      if (made === current) made = undefined; // a failure is nothing to keep
    });
    return current;
  };
}
