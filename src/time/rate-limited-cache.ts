/** The part of the time that making the value takes at most, however often it is requested. */
const MAX_SHARE = 0.1;

/** The longest age of a value, even if the process was suspended while it was made. */
const MAX_AGE_MS = 5000;

/**
 * Caches a value that is costly to make, so that making it takes no more than a tenth of the time: a flood of requests must
 * not delay probes. The cached value is younger than ten times the time that making it takes.
 *
 * @param now milliseconds of a monotonic clock
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
    const setExpiry = (): void => {
      makeAgainAt = now() + Math.min(MAX_AGE_MS, (now() - start) * (1 / MAX_SHARE - 1));
    };
    current.then(setExpiry, () => {
      if (made === current) made = undefined; // a failure is not cached
    });
    return current;
  };
}
