/**
 * Counts cycles: one ends each time every gateway has had a result of each of its probers since the last one.
 *
 * @returns what to call with each result and the seconds that it took; returns the seconds of the slowest one when this
 *   result ends a cycle
 */
export function createCycleCounter(
  gateways: readonly string[],
  probersOf: (gateway: string) => readonly string[],
): (gateway: string, prober: string, seconds: number) => number | undefined {
  const everything = (): Set<string> =>
    new Set(gateways.flatMap((gateway) => probersOf(gateway).map((prober) => `${gateway} ${prober}`)));
  let waiting = everything();
  let slowest = 0;
  return (gateway, prober, seconds) => {
    waiting.delete(`${gateway} ${prober}`);
    slowest = Math.max(slowest, seconds);
    if (waiting.size > 0) return undefined;
    const ended = slowest;
    waiting = everything();
    slowest = 0;
    return ended;
  };
}
