import type { EmitPool } from "./events.ts";
import type { TierSelection } from "./select.ts";
import { NO_TIER_YET, tierCarriedBy, type TierChoice, type TierMemory, type TierRules, tiersIn } from "./tiers.ts";

/** Remembers which tier is in use, and reports what changes. */
export class TierReports {
  #rules: TierRules;
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

  /**
   * From now on these are the rules. While traffic goes on over the same gateways, the tier in use is that of these. How
   * long a better tier has had enough stays known, unless it has lost a gateway. What tiers there are is reported anew.
   *
   * @param used the gateways that carry traffic
   */
  reload(rules: TierRules, used: Iterable<string>): void {
    const before = this.#rules;
    this.#rules = rules;
    const inUse = isSameMap(before.of, rules.of) ? this.#memory.inUse : tierCarriedBy(rules, used);
    const fitSince = [...this.#memory.fitSince].filter(([tier]) => hasAllOf(rules, before, tier));
    const isKnown = inUse === this.#memory.inUse && isSameList(tiersIn(rules), tiersIn(before));
    this.#memory = { ...this.#memory, inUse, fitSince: new Map(fitSince) };
    if (!isKnown || rules.shortage !== before.shortage) this.#reported = { ...this.#reported, inUse: undefined };
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

function isSameMap(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value);
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((tier, index) => tier === other[index]);
}

/** Whether a tier has all gateways that it had under other rules. */
function hasAllOf({ of }: TierRules, before: TierRules, tier: number): boolean {
  return [...before.of].every(([gateway, one]) => one !== tier || of.get(gateway) === tier);
}
