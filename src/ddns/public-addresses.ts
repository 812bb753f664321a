import type { AddressState } from "./events.ts";
import type { Claim, Wish } from "./plan-records.ts";

/** What is known of one gateway. */
interface Entry {
  active: boolean;
  /** Whether a look-up has ended since the gateway became active. */
  asked: boolean;
  /** Whether the newest look-up since then succeeded. */
  fresh: boolean;
  /** The address of the newest success since then, and its time in milliseconds. */
  told: { readonly address: string; readonly at: number } | undefined;
  /** The newest address ever told. */
  last: string | undefined;
}

/** Addresses that gateways had once, as many as are remembered. */
const MOST_FORMER = 1000;

/**
 * The public addresses of the gateways, as far as look-ups have told them.
 *
 * A gateway that becomes active again may have come back with another address (a VPN that connected anew), so it counts
 * as unknown until it is asked. While one is unknown, any record of unknown origin may be its own and is spared.
 */
export class PublicAddresses {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #keepMs: number;
  readonly #former = new Set<string>();

  /** @param keepMs how long an address is asserted after the last look-up that told it, in milliseconds */
  constructor(gateways: readonly string[], keepMs: number) {
    this.#keepMs = keepMs;
    this.#entries = new Map(
      gateways.map((gateway) => [
        gateway,
        { active: false, asked: false, fresh: false, told: undefined, last: undefined },
      ]),
    );
  }

  /** From now on exactly these gateways are active. */
  setActive(gateways: ReadonlySet<string>): void {
    for (const [gateway, entry] of this.#entries) {
      const active = gateways.has(gateway);
      if (active !== entry.active) Object.assign(entry, { active, asked: false, fresh: false, told: undefined });
    }
  }

  /** A look-up told the address. Returns what it was before, if that was another one or none. */
  learn(gateway: string, address: string, now: number): { readonly from: string | undefined } | undefined {
    const entry = this.#entries.get(gateway)!;
    const from = entry.last;
    Object.assign(entry, { asked: true, fresh: true, told: { address, at: now }, last: address });
    this.#former.delete(address);
    if (from === address) return undefined;
    if (from !== undefined) this.#remember(from);
    return { from };
  }

  /** A look-up failed. */
  miss(gateway: string): void {
    Object.assign(this.#entries.get(gateway)!, { asked: true, fresh: false });
  }

  stateOf(gateway: string, now: number): AddressState {
    return this.#stateOf(this.#entries.get(gateway)!, now);
  }

  /** Whether active gateways have not been asked yet, so that it is worth waiting a moment. */
  get pending(): boolean {
    return [...this.#entries.values()].some(({ active, asked }) => active && !asked);
  }

  /** What the name should resolve to. */
  wish(now: number): Wish {
    const active = [...this.#entries].filter(([, entry]) => entry.active);
    const [unknown, known] = partition(active, ([, entry]) => this.#stateOf(entry, now) === "unknown");
    const doubtful = unknown.map(([, entry]) => entry);
    return {
      addresses: [...new Set(known.map(([, { told }]) => told!.address))],
      unknown: unknown.map(([gateway]) => gateway),
      spares: (address) => this.#claim(address, doubtful),
      mayBeEmpty: active.length === 0,
    };
  }

  #stateOf({ active, fresh, told }: Entry, now: number): AddressState {
    if (!active) return "inactive";
    if (!told) return "unknown";
    if (fresh) return "known";
    return now - told.at <= this.#keepMs ? "kept" : "unknown";
  }

  /** Whether an address may be that of one of these gateways: likely when it was the last one told. */
  #claim(address: string, gateways: readonly Entry[]): Claim {
    if (gateways.some(({ last }) => last === address)) return "likely";
    const known = this.#former.has(address) || [...this.#entries.values()].some(({ last }) => last === address);
    return gateways.length > 0 && !known ? "possible" : "none";
  }

  #remember(address: string): void {
    this.#former.add(address);
    if (this.#former.size > MOST_FORMER) this.#former.delete(this.#former.values().next().value!);
  }
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
