/** Limits how often an action runs, without losing the last call. */
export interface Throttled {
  call(): void;
  stop(): void;
}

/**
 * Runs `action` at once if it has not run for `interval` milliseconds, else once at the end of that interval, however many
 * calls there are until then.
 */
export function throttle(action: () => void, interval: number): Throttled {
  let last = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const run = (): void => {
    timer = undefined;
    last = performance.now();
    action();
  };
  return {
    call() {
      if (timer !== undefined) return;
      const wait = last + interval - performance.now();
      if (wait <= 0) run();
      else timer = setTimeout(run, wait);
    },
    stop: () => clearTimeout(timer),
  };
}
