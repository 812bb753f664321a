/** Wakes at moments of a clock that never jumps, in milliseconds. */
export interface CoalescedTimers {
  /** Has something done at a moment; the returned function calls it off. */
  set(moment: number, action: () => void): () => void;
}

/**
 * Whatever is due at the same moment shares one timer, so that the process wakes once for all of it. A timer takes whole
 * milliseconds only (Bun drops the fraction), so an alarm comes up to one late, and never early.
 */
export function createCoalescedTimers(now: () => number): CoalescedTimers {
  const due = new Map<number, { readonly actions: Set<() => void>; timer: ReturnType<typeof setTimeout> }>();

  const startTimer = (moment: number) => setTimeout(() => wake(moment), Math.max(0, Math.ceil(moment - now())));

  const wake = (moment: number): void => {
    const alarm = due.get(moment)!;
    if (now() < moment) {
      alarm.timer = startTimer(moment);
      return;
    }
    due.delete(moment);
    for (const action of alarm.actions) action();
  };

  return {
    set(moment, action) {
      const alarm = due.get(moment) ?? { actions: new Set(), timer: startTimer(moment) };
      due.set(moment, alarm);
      alarm.actions.add(action);
      return () => {
        if (!alarm.actions.delete(action) || alarm.actions.size > 0 || due.get(moment) !== alarm) return;
        clearTimeout(alarm.timer);
        due.delete(moment);
      };
    },
  };
}
