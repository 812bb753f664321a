import type { Link } from "../net/link.ts";
import { steadyNow } from "../time/clock.ts";
import type { EmitPool } from "./events.ts";
import { addressesTowards, type LinkFault, linkFault, type SoundLink } from "./link-fault.ts";

/** What was read of the kernel: the interfaces, and which of them leads to each gateway. */
export interface Paths {
  readonly links: readonly Link[];
  readonly devices: ReadonlyMap<string, string>;
}

/** A fault of an interface that led to a gateway. */
export interface LastFault {
  readonly device: string;
  readonly fault: LinkFault;
  /** Milliseconds of a steady clock. */
  readonly at: number;
}

/**
 * The faults of the interfaces that lead to the gateways of all pools. It remembers the interfaces while they are sound, as
 * one that is gone shows nothing any more.
 */
export class LinkFaults {
  readonly #emit: EmitPool;
  readonly #deviceOf = new Map<string, string>();
  /** Interfaces that lead to gateways, as they were without a fault. */
  readonly #sound = new Map<string, SoundLink>();
  /** The fault of the interface that leads to each gateway now, in text with its name: a gateway may change interfaces. */
  readonly #current = new Map<string, string | undefined>();
  /** The last fault of an interface that led to each gateway. */
  readonly #last = new Map<string, LastFault>();

  constructor(emit: EmitPool) {
    this.#emit = emit;
  }

  /** The kernel was read. */
  examine({ links, devices }: Paths): void {
    for (const [gateway, device] of devices) this.#deviceOf.set(gateway, device);
    const groups = Map.groupBy(this.#deviceOf.keys(), (gateway) => this.#deviceOf.get(gateway)!);
    for (const device of this.#sound.keys()) if (!groups.has(device)) this.#sound.delete(device);
    for (const [device, gateways] of groups) this.#examineLink(device, gateways, links);
  }

  /** From now on there are these gateways; others are forgotten. */
  reload(gateways: readonly string[]): void {
    for (const memory of [this.#deviceOf, this.#current, this.#last]) {
      for (const gateway of memory.keys()) if (!gateways.includes(gateway)) memory.delete(gateway);
    }
  }

  /** The last fault of an interface that led to a gateway. */
  lastOf(gateway: string): LastFault | undefined {
    return this.#last.get(gateway);
  }

  #examineLink(device: string, gateways: readonly string[], links: readonly Link[]): void {
    const fault = linkFault(this.#sound.get(device) ?? { device, addresses: [] }, links, gateways);
    const link = links.find(({ name }) => name === device);
    if (fault) for (const gateway of gateways) this.#last.set(gateway, { device, fault, at: steadyNow() });
    else if (link) this.#sound.set(device, { device, addresses: addressesTowards(link, gateways) });
    const text = fault && `${device} ${fault.detail}`;
    const changed = gateways.filter((gateway) => this.#current.get(gateway) !== text);
    if (changed.length > 0) this.#emit({ type: "link-fault", device, fault, gateways: changed });
    for (const gateway of changed) this.#current.set(gateway, text);
  }
}
