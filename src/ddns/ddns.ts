import { type Family, formatAddress } from "../net/address.ts";
import { formatCidr } from "../net/cidr.ts";
import { publishable } from "../pool/quorum.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { ALL_PACKETS, isForOwn } from "../routing/selectors.ts";
import { list } from "../text/list.ts";
import { callLimitOf, createProvider, ttlOf } from "./create-provider.ts";
import type { AddressState, EmitDdns } from "./events.ts";
import type { LookUpResult } from "./look-up-result.ts";
import type { DesiredRecords } from "./plan-records.ts";
import type { ProviderFailure } from "./providers/provider.ts";
import { PublicAddresses } from "./public-addresses.ts";
import type { DdnsSettings } from "./settings.ts";
import type { SharedLookUps } from "./shared-look-ups.ts";
import { Updater } from "./updater.ts";
import { createAskServers } from "./verify/ask-servers.ts";
import { Verifier } from "./verify/verifier.ts";
import { WriteGate } from "./write-gate.ts";

/** Source networks that a text names at most. */
const MOST_SOURCES = 3;

export interface DdnsOptions {
  /** Its gateways are those of the family, by their addresses in it. */
  readonly settings: DdnsSettings;
  /** The family whose records are kept up to date; IPv4 by default. */
  readonly family?: Family | undefined;
  readonly emit: EmitDdns;
  readonly lookUps: SharedLookUps;
  /** How servers are asked for the name after an update, where that is wanted; by DNS by default. */
  readonly createAsk?: typeof createAskServers | undefined;
  /** Addresses of a family that interfaces of this machine have at this moment. */
  readonly readAddresses: (family: Family) => Promise<readonly string[]>;
}

/** How long a healthy gateway's address is published while look-ups fail; three refresh periods if that is longer. */
const RETAIN_MS = 15 * 60_000;

/** How long the first look-ups of new gateways may delay an update, so that gateways that come together share one. */
const GATHER_MS = 2000;

/**
 * Keeps a DNS name on the public addresses of the active gateways, or of one of them, in one family. A pool has one for each
 * of its names, in each family, which know nothing of each other: none empties the records of another, or waits for it.
 */
export class Ddns {
  readonly #settings: DdnsSettings;
  readonly #family: Family;
  readonly #emit: EmitDdns;
  readonly #addresses: PublicAddresses;
  readonly #lookUps: SharedLookUps;
  readonly #writeGate: WriteGate;
  readonly #updater: Updater;
  /** Asks servers for the name, where that is wanted. */
  readonly #verifier: Verifier | undefined;
  readonly #states = new Map<string, AddressState>();
  /** Addresses of this machine. */
  #ownAddresses: readonly string[] = [];
  /** Undefined until the routes have been set once. */
  #active: ReadonlySet<string> | undefined;
  /** Whether the first active gateways have been looked up. */
  #started = false;
  /** The desired records that the updater knows of, as text. */
  #announced: string | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;

  constructor({ settings, family = 4, emit, lookUps, readAddresses, createAsk = createAskServers }: DdnsOptions) {
    const { ddnsRequireIpAddress: required, publicIpRefresh: refresh } = settings;
    this.#settings = settings;
    this.#family = family;
    this.#emit = emit;
    this.#addresses = new PublicAddresses(settings.gateways, Math.max(RETAIN_MS, 3 * refresh));
    this.#lookUps = lookUps;
    this.#writeGate = new WriteGate({
      required: required && formatAddress(required),
      readAddresses: () => readAddresses(required?.family ?? family),
      onChange: (allowed, address) => {
        emit({ type: "ddns-write-gate", address, allowed });
        if (allowed) this.#updater.takeOver();
        else this.#verifier?.stop(); // another machine writes from now on
      },
    });
    const { ddnsVerify: target, ddnsHostname } = settings;
    const ttl = ttlOf(settings);
    this.#verifier = target && new Verifier({ ask: createAsk(target, ddnsHostname, family), ttl, emit });
    this.#updater = new Updater({
      provider: createProvider(settings, family),
      ttl,
      timeout: settings.ddnsTimeout,
      callLimit: callLimitOf(settings),
      desired: () => this.#desired(),
      writeGate: this.#writeGate,
      emit: (event) => {
        emit(event);
        if (event.type === "ddns-accepted") this.#verifier?.accepted(event.storedTtl);
        if (event.type === "ddns-verified") this.#verifier?.published(event.addresses);
      },
      remedyFor: (failure) => this.#remedyFor(failure),
      random: Math.random,
    });
  }

  /** Stops everything and leaves the records as they are. */
  stop(): void {
    clearTimeout(this.#gathering);
    this.#lookUps.setActive(this.#lookedUp, new Set());
    this.#updater.stop();
    this.#verifier?.stop();
  }

  /**
   * The routes are set, over these gateways.
   *
   * @param unhealthy those of them that are in use without being healthy
   */
  setActive(gateways: readonly string[], unhealthy: ReadonlySet<string> = new Set()): void {
    const before = this.#active ?? new Set();
    const active = new Set(publishable(gateways, unhealthy, this.#active, this.#settings.follows));
    if (this.#active && before.size === active.size && before.isSubsetOf(active)) return;
    this.#active = active;
    if (!active.isSubsetOf(before)) this.#updater.gatewayAdded();
    this.#addresses.setActive(active);
    this.#lookUps.setActive(this.#lookedUp, active);
    this.#changed();
  }

  /** Interfaces of this machine have these addresses of the family now. */
  setAddresses(addresses: readonly string[]): void {
    this.#ownAddresses = addresses;
    const { ddnsRequireIpAddress: required = { family: this.#family } } = this.#settings;
    if (required.family === this.#family) this.#writeGate.setAddresses(addresses);
    else void this.#writeGate.confirm().catch(() => {}); // once more before anything is written
  }

  /** Reports once more what is known of all gateways: what was reported of them last is another name's. */
  reportAnew(): void {
    this.#states.clear();
    this.#report();
  }

  readonly #lookedUp = (gateway: string, result: LookUpResult): void => {
    if (result.kind === "failure") this.#addresses.failed(gateway);
    else this.#addresses.succeeded(gateway, result.address, performance.now());
    this.#changed();
  };

  #desired(): DesiredRecords | undefined {
    if (!this.#started) return undefined;
    const { ddnsWhenNoGateways, follows } = this.#settings;
    if (this.#hasNoGateway && ddnsWhenNoGateways === "keep") return undefined;
    return this.#addresses.desired(performance.now(), follows);
  }

  /** Whether no gateway is active whose address the name should have. */
  get #hasNoGateway(): boolean {
    const { follows } = this.#settings;
    return follows === undefined ? this.#active?.size === 0 : this.#active?.has(follows) === false;
  }

  /** The kill switch rejects packets to the provider as well, unless its addresses are excluded. */
  #remedyFor({ code }: ProviderFailure): string | undefined {
    const { whenNoGateways, selectors = ALL_PACKETS } = this.#settings;
    if (code === undefined || this.#active?.size !== 0 || rejectTypeOf(whenNoGateways) === undefined) return undefined;
    // A connection has its source once a first look-up has found a way (ip_route_connect in include/net/route.h).
    const mayBeIts = this.#ownAddresses.some((source) => isForOwn(selectors, source));
    if (!isForOwn(selectors) && !mayBeIts) return undefined;
    const whose = isForOwn(selectors) ? "" : ` from ${list(selectors.from.map(formatCidr), MOST_SOURCES)}`;
    const cause = `no gateway is active, and the kill switch (-when-no-gateways ${whenNoGateways}) rejects packets${whose}`;
    return `${cause}; exclude the addresses of the provider (-exclude-cidr) to update the records without a gateway`;
  }

  /** Reports what is known, and passes it on to the updater: at once, or when all first look-ups have ended. */
  #changed(): void {
    this.#report();
    if (!this.#addresses.pending) this.#announce();
    else this.#gathering ??= setTimeout(() => this.#announce(), GATHER_MS);
  }

  #announce(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (!this.#started) {
      this.#started = true;
      this.#updater.start();
    }
    const desired = this.#desired();
    const text = JSON.stringify(desired && [desired.addresses, desired.unknown]);
    if (text === this.#announced) return;
    this.#announced = text;
    this.#updater.wake();
  }

  #report(): void {
    const now = performance.now();
    for (const gateway of this.#settings.gateways) {
      const state = this.#addresses.stateOf(gateway, now);
      if (state === this.#states.get(gateway)) continue;
      this.#states.set(gateway, state);
      this.#emit({ type: "public-ip-state", gateway, state });
    }
    this.#emit({ type: "public-ip-count", count: this.#addresses.desired(now).addresses.length });
  }
}
