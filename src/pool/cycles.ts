/**
 * Counts cycles: one ends each time every gateway has had a result since the last one.
 *
 * @returns what to call with each result and the seconds that it took; returns the seconds of the slowest one when this
 *   result ends a cycle
 */
export function createCycleCounter(
  gateways: readonly string[],
): (gateway: string, seconds: number) => number | undefined {
  let waiting = new Set(gateways);
  let slowest = 0;
  return (gateway, seconds) => {
    waiting.delete(gateway);
    slowest = Math.max(slowest, seconds);
    if (waiting.size > 0) return undefined;
    const ended = slowest;
    waiting = new Set(gateways);
    slowest = 0;
    return ended;
  };
}
