/** Runs actions at moments of a monotonic clock, in milliseconds. */
export interface CoalescedTimers {
  /** Runs an action at a moment; the returned function cancels it. */
  set(moment: number, action: () => void): () => void;
}

/**
 * Actions of the same moment share one timer, so that the process wakes once for all of them. A timer takes whole
 * milliseconds only (Bun drops the fraction), so an action runs up to one millisecond late, and never early.
 */
export function createCoalescedTimers(now: () => number): CoalescedTimers {
  const due = new Map<number, { readonly actions: Set<() => void>; timer: ReturnType<typeof setTimeout> }>();

  const startTimer = (moment: number) => setTimeout(() => run(moment), Math.max(0, Math.ceil(moment - now())));

  const run = (moment: number): void => {
    const shared = due.get(moment)!;
    if (now() < moment) {
      shared.timer = startTimer(moment);
      return;
    }
    due.delete(moment);
    for (const action of shared.actions) action();
  };

  return {
    set(moment, action) {
      const shared = due.get(moment) ?? { actions: new Set(), timer: startTimer(moment) };
      due.set(moment, shared);
      shared.actions.add(action);
      return () => {
        if (!shared.actions.delete(action) || shared.actions.size > 0 || due.get(moment) !== shared) return;
        clearTimeout(shared.timer);
        due.delete(moment);
      };
    },
  };
}
