/**
 * The first round of probes: it is over when each gateway has had a result of every prober, or one before that has decided
 * on its status.
 *
 * @returns what to call with each result; returns whether the round is over with it
 */
export function createFirstRound(
  gateways: readonly string[],
  probers: readonly string[],
): (gateway: string, prober: string, decided: boolean) => boolean {
  const waiting = new Map(gateways.map((gateway) => [gateway, new Set(probers)]));
  return (gateway, prober, decided) => {
    const missing = waiting.get(gateway);
    missing?.delete(prober);
    if (decided || missing?.size === 0) waiting.delete(gateway);
    return waiting.size === 0;
  };
}
