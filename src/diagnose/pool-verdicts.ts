import { destinationsOf } from "../config/destinations.ts";
import { rejectedIn, sideOf } from "../config/families.ts";
import { addressesOf, type Config, type PoolConfig } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { type Family, familyOf } from "../net/address.ts";
import { type Cidr, contains, formatCidr, parseHost } from "../net/cidr.ts";
import { classify, type Classification } from "../routing/classify.ts";
import { hex } from "../text/hex.ts";
import type { Packet } from "../routing/rule-lookup.ts";
import { isSelected } from "../routing/selector-match.ts";
import { list } from "../text/list.ts";

/** What a pool has to do with a packet, by its settings. */
export interface PoolVerdict {
  /** That of the packet. */
  readonly family: Family;
  /** As the family of the packet has it, if that has it. */
  readonly pool: PoolConfig;
  /** Whether its selectors match, and the first of them that decides so. */
  readonly selected: boolean;
  readonly selector: string;
  readonly classification: Classification;
}

/**
 * What each pool has to do with a packet, in the order in which they are asked.
 *
 * @param connected networks of this machine's interfaces
 */
export function verdictsOf(config: Config, packet: Packet, connected: readonly Cidr[]): PoolVerdict[] {
  const family = familyOf(packet.to);
  return inOrder(config.pools).map((whole) => {
    const pool = sideOf(whole, family) ?? whole;
    const selected = isSelected(packet, pool.selectors);
    const destinations = destinationsOf(pool, addressesOf(config));
    return {
      ...{ family, pool, selected, selector: selected ? matchText(pool, packet) : mismatchText(pool, packet) },
      classification: selected
        ? withBlocked(classify(packet.to, destinations, connected), rejectedIn(whole, family))
        : { kind: "unselected" },
    };
  });
}

/** @param rejected the destinations that the pool rejects since it routes none of the family */
function withBlocked(classification: Classification, rejected: readonly Cidr[]): Classification {
  return classification.kind === "managed" && rejected.length > 0 ? { kind: "blocked" } : classification;
}

/** The pools that route a packet through their gateways, or reject it in any case: the first one does, and the others while it lets the packet pass. */
export function takersAmong(verdicts: readonly PoolVerdict[]): PoolVerdict[] {
  return verdicts.filter(({ classification: { kind } }) => kind === "managed" || kind === "blocked");
}

/** By what a pool selects a packet. */
function matchText({ selectors: { from, in: devices, mark } }: PoolConfig, packet: Packet): string {
  const source = from.find((network) => isFrom(packet, network));
  const parts = [
    ...(source ? [`from ${formatCidr(source)}`] : []),
    ...(devices.length > 0 ? [`in ${packet.iif}`] : []),
    ...(mark ? [`mark ${markText(mark)}`] : []),
  ];
  return parts.length === 0 ? "all packets" : parts.join(", ");
}

/** Why a pool does not select a packet: the first selector that does not match. */
function mismatchText({ selectors: { from, in: devices, mark } }: PoolConfig, packet: Packet): string {
  if (from.length > 0 && !from.some((network) => isFrom(packet, network))) {
    return `not from ${list(from.map(formatCidr), MOST_NAMED)}`;
  }
  if (devices.length > 0 && !devices.includes(packet.iif)) return `not in ${list(devices, MOST_NAMED)}`;
  return `without mark ${markText(mark!)}`;
}

const MOST_NAMED = 4;

function isFrom({ from }: Packet, network: Cidr): boolean {
  const source = from === undefined ? undefined : parseHost(from);
  return source !== undefined && contains(network, source);
}

function markText({ value, mask }: NonNullable<PoolConfig["selectors"]["mark"]>): string {
  return mask >>> 0 === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}
