import type { EmitPool } from "./events.ts";
import type { TierSelection } from "./select.ts";
import { NO_TIER_YET, tierCarriedBy, type TierChoice, type TierMemory, type TierRules } from "./tiers.ts";

/** Remembers which tier is in use, and reports what changes. */
export class TierReports {
  readonly #rules: TierRules;
  readonly #emit: EmitPool;
  #memory: TierMemory = NO_TIER_YET;
  #reported: Pick<TierChoice, "inUse" | "failback"> = { inUse: undefined, failback: undefined };

  constructor(rules: TierRules, emit: EmitPool) {
    this.#rules = rules;
    this.#emit = emit;
  }

  /** What the next choice needs. */
  get memory(): TierMemory {
    return this.#memory;
  }

  /** These gateways carry traffic since an earlier run. */
  adopt(gateways: Iterable<string>): void {
    this.#memory = { ...NO_TIER_YET, inUse: tierCarriedBy(this.#rules, gateways) };
  }

  /** A choice was made. A return that was due is not reported as cancelled when it takes place. */
  chosen(selection: TierSelection, now: number): void {
    const { inUse, failback, counts } = selection;
    const before = this.#reported;
    this.#memory = selection;
    this.#reported = { inUse, failback };
    if (inUse === undefined) return;
    const { least, shortage } = this.#rules;
    const report = { least, shortage, counts };
    const moved = inUse !== before.inUse;
    if (moved) this.#emit({ type: "tier", tier: inUse, before: before.inUse, ...report });
    if (failback?.tier === before.failback?.tier && failback?.at === before.failback?.at) return;
    const to = failback && { tier: failback.tier, waitMs: failback.at - now };
    if (to || !moved) this.#emit({ type: "failback", from: inUse, to, ...report });
  }
}
