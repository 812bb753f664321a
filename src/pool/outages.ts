import type { EmitPool } from "./events.ts";

/** What a decision has to say of a pool as a whole. Times are milliseconds of a clock that never jumps. */
export interface Usage {
  /** Gateways that carry traffic by it. */
  readonly carrying: readonly string[];
  /** Those that are up and not drained. */
  readonly healthy: ReadonlySet<string>;
  readonly total: number;
  readonly drained: number;
}

/**
 * Reports when no healthy gateway of a pool carries traffic any more, and when one does again: from then on packets take
 * another way, which is worth more than the loss of one gateway among others.
 *
 * @returns what to call with each decision
 */
export function createOutageReports(emit: EmitPool): (usage: Usage, now: number) => void {
  let since: number | undefined;
  let wasUsed = false;
  return ({ carrying, healthy, total, drained }, now) => {
    const isOutage = total > 0 && !carrying.some((gateway) => healthy.has(gateway));
    if (!isOutage) {
      const used = carrying.filter((gateway) => healthy.has(gateway)).length;
      if (since !== undefined) emit({ type: "outage-over", seconds: (now - since) / 1000, used, total });
      since = undefined;
      return;
    }
    const isUsed = carrying.length > 0;
    const down = total - drained - healthy.size;
    if (since === undefined || isUsed !== wasUsed) emit({ type: "outage", down, drained, total, isUsed });
    since ??= now;
    wasUsed = isUsed;
  };
}
