/**
 * The first round of probes: it is over when each gateway has had a result of each of its probers, or one before that has decided
 * on its status.
 *
 * @returns what to call with each result; returns whether the round is over with it
 */
export function createFirstRound(
  gateways: readonly string[],
  probersOf: (gateway: string) => readonly string[],
): (gateway: string, prober: string, decided: boolean) => boolean {
  const waiting = new Map(gateways.map((gateway) => [gateway, new Set(probersOf(gateway))]));
  return (gateway, prober, decided) => {
    const missing = waiting.get(gateway);
    missing?.delete(prober);
    if (decided || missing?.size === 0) waiting.delete(gateway);
    return waiting.size === 0;
  };
}
