/**
 * The last gateways to be lost, if all that were healthy a moment ago were lost within it. Probes are spread over a check
 * period and take up to the timeout, so whatever has one cause shows within the two.
 *
 * @param losses when each gateway was lost that has been healthy, in milliseconds of a clock that never jumps
 * @param moment how long that is, in milliseconds
 * @param now when the last healthy one was lost
 */
export function lostTogether(losses: ReadonlyMap<string, number>, moment: number, now: number): string[] {
  return [...losses].filter(([, at]) => now - at <= moment).map(([gateway]) => gateway);
}
