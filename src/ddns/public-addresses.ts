import type { AddressState } from "./events.ts";
import type { Claim, DesiredRecords } from "./plan-records.ts";

/** What is known of one gateway's public address. */
interface Entry {
  active: boolean;
  /** How the newest look-up ended; undefined before the first one since the gateway became active. */
  newest: "success" | "failure" | undefined;
  /** The address of the newest success since the gateway became active, and its time in milliseconds. */
  found: { readonly address: string; readonly at: number } | undefined;
  /** The address of the newest success of all. */
  last: string | undefined;
}

/** Addresses that gateways had once, as many as are remembered. */
const MOST_FORMER = 1000;

/**
 * The public addresses of the gateways, as look-ups found them, and the records that follow from them.
 *
 * A gateway that becomes active again may have come back with another address (a VPN that connected anew), so its address
 * is unknown until the next look-up. While one is unknown, any record of unknown origin may be its own and is retained.
 */
export class PublicAddresses {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #retainMs: number;
  readonly #former = new Set<string>();

  /** @param retainMs how long an address is published after its last successful look-up, in milliseconds */
  constructor(gateways: readonly string[], retainMs: number) {
    this.#retainMs = retainMs;
    this.#entries = new Map(
      gateways.map((gateway) => [gateway, { active: false, newest: undefined, found: undefined, last: undefined }]),
    );
  }

  /** From now on exactly these gateways are active. */
  setActive(gateways: ReadonlySet<string>): void {
    for (const [gateway, entry] of this.#entries) {
      const active = gateways.has(gateway);
      if (active !== entry.active) Object.assign(entry, { active, newest: undefined, found: undefined });
    }
  }

  /** A look-up found the address. */
  succeeded(gateway: string, address: string, now: number): void {
    const entry = this.#entries.get(gateway)!;
    const from = entry.last;
    Object.assign(entry, { newest: "success", found: { address, at: now }, last: address });
    this.#former.delete(address);
    if (from !== undefined && from !== address) this.#former.add(from);
    if (this.#former.size > MOST_FORMER) this.#former.delete(this.#former.values().next().value!);
  }

  /** A look-up failed. */
  failed(gateway: string): void {
    this.#entries.get(gateway)!.newest = "failure";
  }

  stateOf(gateway: string, now: number): AddressState {
    const { active, newest, found } = this.#entries.get(gateway)!;
    if (!active) return "inactive";
    if (!found) return "unknown";
    if (newest === "success") return "known";
    return now - found.at <= this.#retainMs ? "kept" : "unknown";
  }

  /** Whether active gateways still wait for the end of their first look-up. */
  get pending(): boolean {
    return [...this.#entries.values()].some(({ active, newest }) => active && newest === undefined);
  }

  /** The records that a name should have. @param follows the one gateway that it is for; all of them by default */
  desired(now: number, follows?: string): DesiredRecords {
    const own = [...this.#entries].filter(([gateway]) => follows === undefined || gateway === follows);
    const active = own.filter(([, entry]) => entry.active);
    const unknown = active.filter(([gateway]) => this.stateOf(gateway, now) === "unknown");
    const known = active.filter((one) => !unknown.includes(one));
    const claimants = unknown.map(([, entry]) => entry);
    return {
      addresses: [...new Set(known.map(([, { found }]) => found!.address))],
      unknown: unknown.map(([gateway]) => gateway),
      claimOn: (address) => this.#claimOn(address, claimants),
      mayBeEmpty: active.length === 0,
    };
  }

  /** Whether an address may be that of one of these gateways: likely when it was the last one of such a gateway. */
  #claimOn(address: string, gateways: readonly Entry[]): Claim {
    if (gateways.some(({ last }) => last === address)) return "likely";
    const seen = this.#former.has(address) || [...this.#entries.values()].some(({ last }) => last === address);
    return gateways.length > 0 && !seen ? "possible" : "none";
  }
}
