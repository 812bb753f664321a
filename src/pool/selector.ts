import { Holds } from "./flap-holds.ts";
import { choose, type Quorum } from "./quorum.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { steadyNow } from "../time/clock.ts";

export interface SelectorOptions {
  readonly gateways: readonly string[];
  /** Shortest hold of a gateway that flaps, in milliseconds; 0 never holds one. */
  readonly flapHold: number;
  readonly quorum: Quorum;
  readonly emit: Emit;
  /** Called when another choice may be due though no gateway has changed its health. */
  readonly onChange: () => void;
}

type Selection = ServiceEvent & { readonly type: "selection" };

/**
 * Which gateways to use, given which are healthy. With its options off these are the same. It learns from the events of
 * the service what happened to the gateways before.
 */
export class Selector {
  readonly #options: SelectorOptions;
  readonly #holds: Holds;
  readonly #up = new Set<string>();
  /** In the order of their losses. */
  readonly #lost = new Set<string>();
  /** Cannot be nexthops, however healthy. */
  readonly #refused = new Set<string>();
  /** What was chosen last. */
  #last: Selection = { type: "selection", held: [], kept: [], shortage: undefined };
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: SelectorOptions) {
    this.#options = options;
    this.#holds = new Holds(options.flapHold);
  }

  /** Gateways that are used without being healthy. */
  get kept(): ReadonlySet<string> {
    return new Set(this.#last.kept);
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "adopted":
        for (const gateway of event.gateways) this.#up.add(gateway);
        break;
      case "gateway":
        if (event.status === "up") this.#cameUp(event.gateway);
        else if (this.#up.delete(event.gateway)) this.#wentDown(event.gateway);
        break;
      case "failed-together": // a common cause: no one of them flaps
        this.#holds.pardon(event.gateways);
        this.#reconsider();
        break;
      case "refused":
        for (const gateway of event.gateways) this.#wasRefused(gateway);
        this.#reconsider();
        break;
      case "accepted":
        for (const gateway of event.gateways) this.#wasAccepted(gateway);
        if (this.#holds.among(event.gateways, steadyNow()).length > 0) this.#options.onChange();
        break;
    }
  }

  /** The gateways to use from now on. Ends holds that would leave too few, and tells what is new. */
  select(healthy: ReadonlySet<string>): ReadonlySet<string> {
    const { gateways, quorum } = this.#options;
    const now = steadyNow();
    const early = this.#endHolds(healthy, now);
    const held = this.#holds.among([...healthy], now);
    const free = healthy.difference(new Set(held));
    const { used, kept, short } = choose({ gateways, healthy: free, lost: [...this.#lost] }, quorum);
    const over = this.#last.held.filter((gateway) => free.has(gateway) && !early.includes(gateway));
    this.#tellHolds(early, over, held, now);
    const shortage = short ? { ...quorum, healthy: free.size, total: gateways.length } : undefined;
    this.#tell({ type: "selection", held, kept, shortage });
    clearTimeout(this.#timer);
    if (held.length > 0) this.#timer = setTimeout(() => this.#reconsider(), Math.ceil(this.#holds.nextEnd(held) - now));
    return new Set(used);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  // A gateway is lost when it goes down or loses its way, whichever is first, and is back when it has both again.

  #cameUp(gateway: string): void {
    this.#up.add(gateway);
    this.#lost.delete(gateway);
    if (!this.#refused.has(gateway)) this.#holds.returned(gateway, steadyNow());
  }

  #wentDown(gateway: string): void {
    this.#lost.add(gateway);
    if (!this.#refused.has(gateway)) this.#holds.lost(gateway, steadyNow());
  }

  #wasRefused(gateway: string): void {
    if (this.#up.has(gateway) && !this.#refused.has(gateway)) this.#holds.lost(gateway, steadyNow());
    this.#refused.add(gateway);
  }

  #wasAccepted(gateway: string): void {
    this.#refused.delete(gateway);
    if (this.#up.has(gateway)) this.#holds.returned(gateway, steadyNow());
  }

  /** Only holds can make another choice of the same healthy gateways. */
  #reconsider(): void {
    if (this.#last.held.length > 0) this.#options.onChange();
  }

  /** A hold must never make an outage, nor bring the number below the quorum. Returns the gateways it set free. */
  #endHolds(healthy: ReadonlySet<string>, now: number): string[] {
    return this.#holds.free([...healthy.difference(this.#refused)], Math.max(1, this.#options.quorum.least), now);
  }

  #tellHolds(early: readonly string[], over: readonly string[], held: readonly string[], now: number): void {
    const { emit } = this.#options;
    for (const gateway of early) emit({ type: "released", gateway, early: true });
    for (const gateway of over) emit({ type: "released", gateway, early: false });
    for (const gateway of held) {
      const news = this.#holds.news(gateway, now);
      if (news) emit({ type: "held", gateway, ...news });
    }
  }

  #tell(selection: Selection): void {
    const isNews = JSON.stringify(selection) !== JSON.stringify(this.#last);
    this.#last = selection;
    if (isNews) this.#options.emit(selection);
  }
}
