import type { DdnsSettings } from "./settings.ts";
import { publishable } from "../pool/quorum.ts";
import { formatAddress } from "../net/address.ts";
import { PublicAddresses } from "./public-addresses.ts";
import { callLimitOf, createProvider } from "./create-provider.ts";
import type { AddressState, EmitDdns } from "./events.ts";
import type { LookUpResult } from "./look-up-result.ts";
import { LookUpSchedule } from "./look-up-schedule.ts";
import { PROVIDERS } from "./providers/registry.ts";
import { createSend } from "./providers/send.ts";
import { createLookUp } from "./look-up.ts";
import type { Wish } from "./plan-records.ts";
import { Updater } from "./updater.ts";

export interface DdnsOptions {
  readonly settings: DdnsSettings;
  readonly emit: EmitDdns;
  /** Addresses that interfaces of this machine hold at this moment. */
  readonly readAddresses: () => Promise<readonly string[]>;
}

/** How long a healthy gateway's address is asserted while look-ups fail. */
const KEEP_MS = 15 * 60_000;

/** Gateways that become active together are waited for so long, so that one update does for all of them. */
const GATHER_MS = 2000;

/** Keeps a DNS name on the public addresses of the active gateways. */
export class Ddns {
  readonly #settings: DdnsSettings;
  readonly #emit: EmitDdns;
  readonly #book: PublicAddresses;
  readonly #lookUps: LookUpSchedule;
  readonly #updater: Updater;
  readonly #states = new Map<string, AddressState>();
  readonly #requiredAddress: string | undefined;
  #onDuty: boolean | undefined;
  /** Undefined until the routes have been set once. */
  #active: ReadonlySet<string> | undefined;
  /** Whether the first active gateways have been asked. */
  #begun = false;
  #wished: string | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor({ settings, emit, readAddresses }: DdnsOptions) {
    const { ddnsRequireIpAddress: required } = settings;
    this.#settings = settings;
    this.#emit = emit;
    this.#requiredAddress = required === undefined ? undefined : formatAddress(required);
    this.#onDuty = required === undefined ? true : undefined;
    this.#book = new PublicAddresses(settings.gateways, Math.max(KEEP_MS, 3 * settings.publicIpRefresh));
    this.#lookUps = new LookUpSchedule({
      lookUp: createLookUp(settings),
      refresh: settings.publicIpRefresh,
      random: Math.random,
      onResult: (gateway, result) => this.#learn(gateway, result),
    });
    this.#updater = new Updater({
      provider: createProvider(settings, createSend()),
      label: PROVIDERS[settings.ddnsProvider!].label,
      ttl: settings.ddnsRecordTtl / 1000,
      timeout: settings.ddnsTimeout,
      callLimit: callLimitOf(settings),
      wish: () => this.#wish(),
      onDuty: () => this.#onDuty === true,
      confirmDuty: async () => {
        if (this.#requiredAddress !== undefined) this.setAddresses(await readAddresses());
        return this.#onDuty === true;
      },
      emit,
      random: Math.random,
    });
  }

  /** Stops everything and leaves the records as they are. */
  stop(): void {
    clearTimeout(this.#gathering);
    this.#lookUps.setActive(new Set());
    this.#updater.stop();
  }

  /**
   * The routes are set, over these gateways.
   *
   * @param kept those of them that are not healthy
   */
  setActive(gateways: readonly string[], kept: ReadonlySet<string> = new Set()): void {
    const active = new Set(publishable(gateways, kept, this.#active));
    if (this.#active?.size === active.size && this.#active.isSubsetOf(active)) return;
    this.#active = active;
    this.#book.setActive(active);
    this.#lookUps.setActive(active);
    this.#changed();
  }

  /** Interfaces of this machine hold these addresses now. */
  setAddresses(addresses: readonly string[]): void {
    const held = this.#holds(addresses);
    if (this.#requiredAddress === undefined || held === this.#onDuty) return;
    this.#onDuty = held;
    this.#emit({ type: "ddns-duty", address: this.#requiredAddress, held });
    if (held) this.#updater.takeOver();
  }

  #holds(addresses: readonly string[]): boolean {
    return this.#requiredAddress === undefined || addresses.includes(this.#requiredAddress);
  }

  #learn(gateway: string, result: LookUpResult): void {
    this.#emit({ type: "public-ip", gateway, result });
    if (result.kind === "failure") {
      this.#book.miss(gateway);
    } else {
      const { address } = result;
      const change = this.#book.learn(gateway, address, performance.now());
      if (change) this.#emit({ type: "public-ip-changed", gateway, from: change.from, to: address });
    }
    this.#changed();
  }

  #wish(): Wish | undefined {
    if (!this.#begun) return undefined;
    if (this.#active?.size === 0 && this.#settings.ddnsWhenNoGateways === "keep") return undefined;
    return this.#book.wish(performance.now());
  }

  /** Tells what is known now, and wakes the updater if the wish is another one: at once, or when all have been asked. */
  #changed(): void {
    this.#report();
    if (!this.#book.pending) this.#passOn();
    else this.#gathering ??= setTimeout(() => this.#passOn(), GATHER_MS);
  }

  #passOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (!this.#begun) {
      this.#begun = true;
      this.#updater.start();
    }
    const wish = this.#wish();
    const wished = JSON.stringify(wish && [wish.addresses, wish.unknown]);
    if (wished === this.#wished) return;
    this.#wished = wished;
    if (wish) this.#updater.wake();
  }

  #report(): void {
    const now = performance.now();
    for (const gateway of this.#settings.gateways) {
      const state = this.#book.stateOf(gateway, now);
      if (state === this.#states.get(gateway)) continue;
      this.#states.set(gateway, state);
      this.#emit({ type: "public-ip-state", gateway, state });
    }
    this.#emit({ type: "public-ip-count", count: this.#book.wish(now).addresses.length });
  }
}
