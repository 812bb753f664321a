import { lostTogether } from "./lost-together.ts";
import { addressesTowards, faultOf, type Way } from "../net/link.ts";
import type { Emit, ServiceEvent } from "../events/events.ts";
import { steadyNow } from "../time/clock.ts";

export interface CommonCauseOptions {
  /** How far apart failures of one cause can show, in milliseconds. */
  readonly moment: number;
  readonly emit: Emit;
  /** Has the kernel read anew. */
  readonly look: () => void;
}

/** Timers of a busy machine are late by so much. */
export const SLACK_MS = 100;

/**
 * Finds out why all gateways fail in the same moment. It remembers the links that lead to them while they are well; what
 * the next look at the kernel shows of these, or one shortly before, tells whether this router's own link is at fault.
 */
export class CommonCause {
  readonly #options: CommonCauseOptions;
  readonly #up = new Set<string>();
  /** When each was lost the last time. */
  readonly #lostAt = new Map<string, number>();
  readonly #deviceOf = new Map<string, string>();
  readonly #ways = new Map<string, Way>();
  /** What is wrong with each link now. */
  readonly #wrong = new Map<string, string | undefined>();
  /** The last fault of each link. */
  readonly #faults = new Map<string, { readonly what: string; readonly at: number }>();
  /** Gateways that were lost together, until the kernel has been read. */
  #suspects: readonly string[] = [];

  constructor(options: CommonCauseOptions) {
    this.#options = options;
  }

  record(event: ServiceEvent): void {
    switch (event.type) {
      case "adopted":
        for (const gateway of event.gateways) this.#up.add(gateway);
        break;
      case "gateway":
        if (event.status === "up") this.#up.add(event.gateway);
        else if (this.#up.delete(event.gateway)) this.#wasLost(event.gateway);
        break;
      case "links":
        this.#see(event);
        break;
    }
  }

  #wasLost(gateway: string): void {
    const now = steadyNow();
    this.#lostAt.set(gateway, now);
    if (this.#up.size > 0) return;
    this.#suspects = lostTogether(this.#lostAt, this.#options.moment, now);
    setTimeout(this.#options.look, 0); // the routes come first
  }

  #see({ links, devices }: ServiceEvent & { readonly type: "links" }): void {
    for (const [gateway, device] of devices) this.#deviceOf.set(gateway, device);
    const groups = Map.groupBy(this.#deviceOf.keys(), (gateway) => this.#deviceOf.get(gateway)!);
    for (const [device, gateways] of groups) {
      const what = faultOf(this.#ways.get(device) ?? { device, addresses: [] }, links, gateways);
      const link = links.find(({ name }) => name === device);
      if (what !== undefined) this.#faults.set(device, { what, at: steadyNow() });
      else if (link) this.#ways.set(device, { device, addresses: addressesTowards(link, gateways) });
      if (what !== this.#wrong.get(device)) this.#options.emit({ type: "link-fault", device, what, gateways });
      this.#wrong.set(device, what);
    }
    this.#judge();
  }

  #judge(): void {
    const gateways = this.#suspects;
    this.#suspects = [];
    const first = Math.min(...gateways.map((gateway) => this.#lostAt.get(gateway) ?? Infinity));
    const devices = new Set(gateways.map((gateway) => this.#deviceOf.get(gateway)));
    const faults = [...devices].map((device) => {
      const fault = device === undefined ? undefined : this.#faults.get(device);
      return fault && fault.at >= first - this.#options.moment ? { device: device!, what: fault.what } : undefined;
    });
    const own = faults.length > 0 && faults.every((fault) => fault !== undefined) ? faults : [];
    if (gateways.length < 2 && own.length === 0) return; // one gateway fails together with nobody
    this.#options.emit({ type: "failed-together", gateways, links: own });
  }
}
