import {
  afterLoss,
  afterRelease,
  afterReturn,
  endEarly,
  type Flapping,
  isHeld,
  STEADY,
  withoutLoss,
} from "../health/hold.ts";
import { choose, type Quorum } from "../health/quorum.ts";
import type { Emit, ServiceEvent } from "./events.ts";
import { steadyNow } from "./schedule.ts";

export interface SelectorOptions {
  readonly gateways: readonly string[];
  /** Shortest hold of a gateway that flaps, in milliseconds; 0 never holds one. */
  readonly flapHold: number;
  readonly quorum: Quorum;
  readonly emit: Emit;
  /** Called when another choice may be due though no gateway has changed its health. */
  readonly onChange: () => void;
}

/**
 * Which gateways to use, given which are healthy. With its options off these are the same. It learns from the events of
 * the service what happened to the gateways before.
 */
export class Selector {
  readonly #options: SelectorOptions;
  readonly #flapping = new Map<string, Flapping>();
  /** As it would be without the last loss. */
  readonly #pardons = new Map<string, Flapping>();
  /** The ends of the holds that were told. */
  readonly #toldEnds = new Map<string, number>();
  /** In use or held since they were found healthy. */
  readonly #up = new Set<string>();
  /** In the order of their losses. */
  readonly #lost = new Set<string>();
  /** Cannot be nexthops, however healthy. */
  readonly #refused = new Set<string>();
  #held: readonly string[] = [];
  #kept: ReadonlySet<string> = new Set();
  #told = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SelectorOptions) {
    this.#options = options;
  }

  /** Gateways that are used without being healthy. */
  get kept(): ReadonlySet<string> {
    return this.#kept;
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "adopted":
        for (const gateway of event.gateways) this.#up.add(gateway);
        break;
      case "gateway":
        if (event.status === "up") this.#cameUp(event.gateway);
        else if (this.#up.delete(event.gateway)) this.#wasLost(event.gateway);
        break;
      case "refused":
        for (const gateway of event.gateways) this.#refused.add(gateway);
        if (this.#held.length > 0) this.#options.onChange();
        break;
      case "failed-together":
        this.#pardon(event.gateways);
        break;
      case "accepted":
        for (const gateway of event.gateways) this.#refused.delete(gateway);
        break;
    }
  }

  /** The gateways to use from now on. Ends holds that would leave too few, and tells what is new. */
  select(healthy: ReadonlySet<string>): ReadonlySet<string> {
    const { gateways, quorum, emit } = this.#options;
    const now = steadyNow();
    const early = this.#endHolds(healthy, now);
    const held = gateways.filter((gateway) => healthy.has(gateway) && this.#isHeld(gateway, now));
    const free = new Set([...healthy].filter((gateway) => !held.includes(gateway)));
    const { used, kept, short } = choose({ gateways, healthy: free, lost: [...this.#lost] }, quorum);
    for (const gateway of gateways) {
      const over = this.#held.includes(gateway) && free.has(gateway);
      if (early.includes(gateway) || over) emit({ type: "released", gateway, early: early.includes(gateway) });
    }
    this.#held = held;
    for (const gateway of held) this.#tellHold(gateway, now);
    this.#kept = new Set(kept);
    const shortage = short ? { ...quorum, healthy: free.size, total: gateways.length } : undefined;
    this.#tell({ type: "selection", held, kept, shortage });
    this.#wakeAtNextEnd(now);
    return new Set(used);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #cameUp(gateway: string): void {
    this.#up.add(gateway);
    this.#lost.delete(gateway);
    const before = this.#flapping.get(gateway);
    if (before) this.#flapping.set(gateway, afterReturn(before, steadyNow()));
  }

  #wasLost(gateway: string): void {
    const { flapHold } = this.#options;
    this.#lost.add(gateway);
    if (flapHold === 0) return;
    const now = steadyNow();
    const before = this.#flappingOf(gateway);
    this.#pardons.set(gateway, withoutLoss(before, flapHold, now));
    this.#flapping.set(gateway, afterLoss(before, flapHold, now));
  }

  /** Gateways that all fail at once have a common cause: no one of them flaps. */
  #pardon(gateways: readonly string[]): void {
    for (const gateway of gateways) {
      const pardon = this.#pardons.get(gateway);
      if (pardon) this.#flapping.set(gateway, pardon);
    }
    if (this.#held.length > 0) this.#options.onChange();
  }

  /** A hold is told once: when it keeps a healthy gateway from being used. */
  #tellHold(gateway: string, now: number): void {
    const { heldUntil, losses } = this.#flappingOf(gateway);
    if (this.#toldEnds.get(gateway) === heldUntil) return;
    this.#toldEnds.set(gateway, heldUntil);
    this.#options.emit({ type: "held", gateway, waitMs: heldUntil - now, losses });
  }

  /** A hold must never make an outage, nor bring the number below the quorum. Returns the gateways it set free. */
  #endHolds(healthy: ReadonlySet<string>, now: number): string[] {
    const usable = [...healthy].filter((gateway) => !this.#refused.has(gateway));
    const held = usable.filter((gateway) => this.#isHeld(gateway, now));
    const missing = Math.max(1, this.#options.quorum.least) - (usable.length - held.length);
    const ends = new Map(held.map((gateway) => [gateway, this.#flappingOf(gateway).heldUntil]));
    const early = endEarly(ends, missing);
    for (const gateway of early) this.#flapping.set(gateway, afterRelease(this.#flappingOf(gateway), now));
    return early;
  }

  #flappingOf(gateway: string): Flapping {
    return this.#flapping.get(gateway) ?? STEADY;
  }

  #isHeld(gateway: string, now: number): boolean {
    return isHeld(this.#flappingOf(gateway), now);
  }

  #tell(event: ServiceEvent & { readonly type: "selection" }): void {
    const text = JSON.stringify(event);
    if (text !== this.#told && (this.#told !== "" || event.held.length > 0 || event.shortage)) {
      this.#told = text;
      this.#options.emit(event);
    }
  }

  #wakeAtNextEnd(now: number): void {
    clearTimeout(this.#timer);
    if (this.#held.length === 0) return;
    const end = Math.min(...this.#held.map((gateway) => this.#flappingOf(gateway).heldUntil));
    this.#timer = setTimeout(this.#options.onChange, Math.ceil(end - now));
  }
}
