import type { Selection } from "./select.ts";

/** What is left of a pool if a gateway is drained. */
export interface DrainEffect {
  readonly before: Selection;
  readonly after: Selection;
  /** Gateways that are up, or may be. */
  readonly healthy: ReadonlySet<string>;
  /** Gateways that cannot be nexthops. */
  readonly unusable: ReadonlySet<string>;
  /** How many gateways are not drained afterwards. */
  readonly left: number;
}

/** Whether a drain takes the last usable gateway of a pool: the last that it has, uses, or uses while it is healthy. */
export function takesLast({ before, after, healthy, unusable, left }: DrainEffect): boolean {
  const count = ({ used }: Selection, among: (gateway: string) => boolean): number =>
    used.filter((gateway) => !unusable.has(gateway) && among(gateway)).length;
  const any = (): boolean => true;
  const isHealthy = (gateway: string): boolean => healthy.has(gateway);
  return left === 0 || [any, isHealthy].some((among) => count(before, among) > 0 && count(after, among) === 0);
}
