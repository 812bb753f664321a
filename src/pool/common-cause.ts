import type { Link } from "../net/link.ts";
import { steadyNow } from "../time/clock.ts";
import type { EmitPool } from "./events.ts";
import { addressesTowards, type LinkFault, linkFault, type SoundLink } from "./link-fault.ts";
import { lostTogether } from "./lost-together.ts";

export interface CommonCauseOptions {
  /** How far apart failures of one cause can show, in milliseconds. */
  readonly moment: number;
  readonly emit: EmitPool;
}

/** Timers of a busy machine are late by so much. */
export const SLACK_MS = 100;

/** What was read of the kernel: the interfaces, and which of them leads to each gateway. */
export interface Paths {
  readonly links: readonly Link[];
  readonly devices: ReadonlyMap<string, string>;
}

interface LastFault {
  readonly device: string;
  readonly fault: LinkFault;
  readonly at: number;
}

/**
 * Finds out why all gateways fail in the same moment. It remembers the interfaces that lead to them while they are sound;
 * what the next reading of the kernel shows of these, or one shortly before, tells whether this router's own link is at
 * fault.
 */
export class CommonCause {
  readonly #options: CommonCauseOptions;
  /** When each gateway was lost the last time. */
  readonly #lostAt = new Map<string, number>();
  readonly #deviceOf = new Map<string, string>();
  /** Interfaces that lead to gateways, as they were without a fault. */
  readonly #sound = new Map<string, SoundLink>();
  /** The fault of the interface that leads to each gateway now, in text with its name: a gateway may change interfaces. */
  readonly #current = new Map<string, string | undefined>();
  /** The last fault of an interface that led to each gateway. */
  readonly #last = new Map<string, LastFault>();
  /** Gateways that were lost together, until the kernel has been read. */
  #suspects: readonly string[] = [];

  constructor(options: CommonCauseOptions) {
    this.#options = options;
  }

  /**
   * A healthy gateway was lost.
   *
   * @param isLast whether none is healthy any more: then the kernel should be read to find the cause
   */
  lost(gateway: string, isLast: boolean): void {
    const now = steadyNow();
    this.#lostAt.set(gateway, now);
    if (isLast) this.#suspects = lostTogether(this.#lostAt, this.#options.moment, now);
  }

  /** The kernel was read. Returns gateways that failed together, so that none of them is to blame. */
  examine({ links, devices }: Paths): readonly string[] {
    for (const [gateway, device] of devices) this.#deviceOf.set(gateway, device);
    const groups = Map.groupBy(this.#deviceOf.keys(), (gateway) => this.#deviceOf.get(gateway)!);
    for (const device of this.#sound.keys()) if (!groups.has(device)) this.#sound.delete(device);
    for (const [device, gateways] of groups) this.#examineLink(device, gateways, links);
    return this.#judge();
  }

  #examineLink(device: string, gateways: readonly string[], links: readonly Link[]): void {
    const fault = linkFault(this.#sound.get(device) ?? { device, addresses: [] }, links, gateways);
    const link = links.find(({ name }) => name === device);
    if (fault) for (const gateway of gateways) this.#last.set(gateway, { device, fault, at: steadyNow() });
    else if (link) this.#sound.set(device, { device, addresses: addressesTowards(link, gateways) });
    const text = fault && `${device} ${fault.detail}`;
    const changed = gateways.filter((gateway) => this.#current.get(gateway) !== text);
    if (changed.length > 0) this.#options.emit({ type: "link-fault", device, fault, gateways: changed });
    for (const gateway of changed) this.#current.set(gateway, text);
  }

  #judge(): readonly string[] {
    const gateways = this.#suspects;
    this.#suspects = [];
    const first = Math.min(...gateways.map((gateway) => this.#lostAt.get(gateway) ?? Infinity));
    const recent = gateways.map((gateway) => {
      const last = this.#last.get(gateway);
      return last && last.at >= first - this.#options.moment ? last : undefined;
    });
    const faults = [...new Map(recent.map((last) => [last?.device, last])).values()];
    const links =
      faults.length > 0 && faults.every((fault) => fault !== undefined)
        ? faults.map(({ device, fault }) => ({ device, fault }))
        : [];
    if (gateways.length < 2 && links.length === 0) return []; // one gateway alone has no common cause with others
    this.#options.emit({ type: "failed-together", gateways, links });
    return gateways;
  }
}
