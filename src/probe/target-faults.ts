import type { ProbeFailureCode } from "./probe.ts";
import type { Answers } from "./round.ts";

/** What happens to the targets of a prober. */
export type TargetEvent =
  /** A target fails through all gateways although others answer: it is not counted until it answers again. */
  | {
      readonly type: "target-fault";
      readonly prober: string;
      readonly target: string;
      readonly code: ProbeFailureCode;
      readonly detail: string;
    }
  /** A target that was at fault has answered. */
  | { readonly type: "target-back"; readonly prober: string; readonly target: string };

export interface TargetFaultsOptions {
  readonly prober: string;
  readonly targets: readonly string[];
  /** All that the targets are asked through. */
  readonly gateways: readonly string[];
  readonly emit: (event: TargetEvent) => void;
  /** Milliseconds of a clock that never jumps. */
  readonly now: () => number;
  /** Those of the same prober with other gateways; what is known of the targets remains. */
  readonly former?: TargetFaults | undefined;
}

/** Milliseconds after which a target at fault is asked again through each gateway. */
const PAUSE_MS = 30_000;

/**
 * So many failures in a row, each with another target that answered through the same gateway, are hardly lost packets:
 * where 5 % of them are lost, one in 8000 series begins so.
 */
const LEAST_FAILURES = 3;

/** What is known of one target. */
interface Target {
  /** Gateways through which it has failed since it last answered. */
  readonly failing: Set<string>;
  /** Failures since then in rounds in which another target answered. */
  failures: number;
  /** When it was last asked through each gateway, or found to be at fault; undefined while it is not at fault. */
  askedAt: Map<string, number> | undefined;
}

/**
 * Finds targets that are at fault themselves: they fail through all gateways, while others answer through one of these.
 *
 * When no target answers through any gateway, nothing shows that the targets are at fault, and all gateways count as
 * failed. Otherwise an outage of everything beyond the gateways would never be noticed, nor one with a single target.
 */
export class TargetFaults {
  readonly #options: TargetFaultsOptions;
  readonly #targets: ReadonlyMap<string, Target>;
  #current: ReadonlySet<string> = new Set();

  constructor(options: TargetFaultsOptions) {
    this.#options = options;
    this.#targets = new Map(options.targets.map((target) => [target, this.#begin(target)]));
    this.#current = new Set(options.former?.current);
  }

  /** What is known of a target at the beginning. */
  #begin(target: string): Target {
    const { gateways, former, now } = this.#options;
    const known = former && former.#targets.get(target);
    if (known === undefined) return { failing: new Set(), failures: 0, askedAt: undefined };
    const { failing, failures, askedAt } = known;
    return {
      failing: new Set(gateways.filter((gateway) => failing.has(gateway))),
      failures,
      askedAt: askedAt && new Map(gateways.map((gateway) => [gateway, askedAt.get(gateway) ?? now()])),
    };
  }

  /** Targets that are at fault now: never all of them. */
  get current(): ReadonlySet<string> {
    return this.#current;
  }

  /**
   * How many targets have to answer while some are at fault: at least one.
   *
   * @param need how many have to answer otherwise
   */
  effectiveNeed(need: number): number {
    return Math.max(1, Math.min(need, this.#targets.size - this.#current.size));
  }

  /** Takes in the answers of one round through a gateway. One that was never sent shows nothing. */
  record(gateway: string, answers: Answers): void {
    const answered = [...answers].filter(([, { kind }]) => kind === "success").map(([target]) => target);
    for (const target of answered) this.#answered(target);
    for (const [target, result] of answers) {
      if (result.kind === "success" || result.code === "exhausted") continue;
      const known = this.#targets.get(target)!;
      known.failing.add(gateway);
      if (answered.length === 0) continue;
      known.failures++;
      if (!known.askedAt && this.#isAtFault(known)) this.#setFault(target, known, result);
    }
  }

  /** Targets at fault that are to be asked again through this gateway now. */
  takeDue(gateway: string): readonly string[] {
    if (this.#current.size === 0) return [];
    const { now } = this.#options;
    const due = [...this.#current].filter((target) => {
      return now() - this.#targets.get(target)!.askedAt!.get(gateway)! >= PAUSE_MS;
    });
    for (const target of due) this.#targets.get(target)!.askedAt!.set(gateway, now());
    return due;
  }

  #answered(target: string): void {
    const known = this.#targets.get(target)!;
    known.failing.clear();
    known.failures = 0;
    if (!known.askedAt) return;
    known.askedAt = undefined;
    this.#current = this.#current.difference(new Set([target]));
    this.#options.emit({ type: "target-back", prober: this.#options.prober, target });
  }

  #isAtFault({ failing, failures }: Target): boolean {
    return failing.size === this.#options.gateways.length && failures >= LEAST_FAILURES;
  }

  #setFault(target: string, known: Target, { code, detail }: { code: ProbeFailureCode; detail: string }): void {
    const { prober, gateways, emit, now } = this.#options;
    known.askedAt = new Map(gateways.map((gateway) => [gateway, now()]));
    this.#current = new Set([...this.#current, target]);
    emit({ type: "target-fault", prober, target, code, detail });
  }
}
