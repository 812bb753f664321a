import { type Address, compareAddresses, FAMILIES, parseAddress } from "../../net/address.ts";
import type { Gateway } from "../../status/schema.ts";
import { exitText, reasonOf } from "../../status/phrases.ts";
import type { Tone } from "../../text/table.ts";
import { gatewayBadge, needsAttention } from "./badges.ts";
import type { ShownGateway } from "./pools.ts";

/** Which gateways are shown, and in which order. */
export interface GatewayFilter {
  readonly order: "attention" | "address" | "latency" | "share" | "flaps";
  readonly only: "all" | "attention";
  /** Part of a name, an address, a state, a reason or a pool; empty for all gateways. */
  readonly text: string;
}

const URGENCY: Readonly<Record<Tone, number>> = { bad: 0, doubtful: 1, quiet: 2, good: 3 };

const RANKS: Readonly<Record<Exclude<GatewayFilter["order"], "address">, (gateway: Gateway) => number>> = {
  attention: (gateway) => URGENCY[gatewayBadge(gateway).tone],
  latency: ({ latency }) => -(latency.p95 ?? -1),
  share: ({ share }) => -share,
  flaps: ({ flaps }) => -(flaps.lastHour * 1e6 + flaps.sinceStart),
};

/** The gateways that pass the filter, in its order; equal ones stay in the order of the service. */
export function selectGateways<G extends ShownGateway>(
  gateways: readonly G[],
  { order, only, text }: GatewayFilter,
): G[] {
  const pattern = text.trim().toLowerCase();
  const shown = gateways.filter(
    (gateway) => (only === "all" || needsAttention(gateway)) && textOf(gateway).includes(pattern),
  );
  if (order === "address") return sorted(shown, addressOf, compareAddresses);
  return sorted(shown, RANKS[order], (a, b) => a - b);
}

/** The same in the order of their keys, each of which is made once; equal ones stay in their order. */
function sorted<G, K>(gateways: readonly G[], keyOf: (gateway: G) => K, compare: (a: K, b: K) => number): G[] {
  return gateways
    .map((gateway) => ({ gateway, key: keyOf(gateway) }))
    .sort((a, b) => compare(a.key, b.key)) // stable
    .map(({ gateway }) => gateway);
}

/** A text that is no address, which no service sends, comes first. */
function addressOf({ address }: Gateway): Address {
  return parseAddress(address, FAMILIES) ?? { family: 4, bits: 0 };
}

function textOf(gateway: ShownGateway): string {
  const { address, name = "", publicAddress, exit, uses = [] } = gateway;
  const parts = [
    name,
    address,
    gatewayBadge(gateway).text,
    publicAddress?.address ?? "",
    exit?.address ?? "",
    reasonOf(gateway).text,
    ...uses.map(({ pool }) => pool),
  ];
  return parts.join("\n").toLowerCase();
}

/** Whether the one pool without a name, or any pool, uses it. */
function isInUse({ carriesTraffic, uses }: ShownGateway): boolean {
  return uses === undefined ? carriesTraffic : uses.some(({ gateway }) => gateway.carriesTraffic);
}

/** A public address with its state, or the exit address in its place; empty if there is none to show. */
export function publicAddressText({ publicAddress, exit }: Pick<Gateway, "publicAddress" | "exit">): string {
  if (publicAddress === null) return exitText(exit);
  const { address, state } = publicAddress;
  if (address === null) return state === "unknown" ? "public address unknown" : "";
  return state === "kept" ? `${address} (last known)` : address;
}

/** The figures beside the verdict. */
export interface Totals {
  readonly all: number;
  readonly up: number;
  readonly inUse: number;
  readonly attention: number;
  readonly flapsLastHour: number;
}

export function totalsOf(gateways: readonly ShownGateway[]): Totals {
  return {
    all: gateways.length,
    up: gateways.filter(({ state }) => state === "up").length,
    inUse: gateways.filter(isInUse).length,
    attention: gateways.filter(needsAttention).length,
    flapsLastHour: gateways.reduce((sum, { flaps }) => sum + flaps.lastHour, 0),
  };
}

/** How many gateways are not probed yet, which are neither up nor down. */
export function unprobed(gateways: readonly Pick<Gateway, "state">[]): number {
  return gateways.filter(({ state }) => state === "unknown").length;
}

/** From so many rows on, each takes one line or a small tile. */
const LEAST_DENSE = 13;

/**
 * How closely the gateways stand.
 *
 * @param detailed whether the user asks for all details
 */
export function densityOf(rows: number, detailed: boolean): "roomy" | "dense" | "detailed" {
  if (rows < LEAST_DENSE) return "roomy";
  return detailed ? "detailed" : "dense";
}
