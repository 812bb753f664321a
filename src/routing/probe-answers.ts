import { formatAddress, parseAddress } from "../net/address.ts";
import { type Cidr, contains, formatCidr, hostOf, parseCidr } from "../net/cidr.ts";
import { bySpecificity, isRejectType } from "./rule-lookup.ts";
import { ALL_PACKETS, isForOwn, type Selectors } from "./selectors.ts";
import type { AnswerRule, NextHop, Observed, Route, TableRef } from "./types.ts";

/*
 * Answers to probes while a kill switch rejects packets to their targets. The reverse path filter (rp_filter) looks up the
 * way back to the sender of each packet, without the mark of the probe, and drops the packet where that way is rejected:
 * no gateway would ever come up. A rule for each own address and target leads this look-up to a table with a route over
 * each interface of the gateways:
 *
 *   P + 3  from OWN to TARGET iif lo lookup 18255
 *
 *   table 18255   default nexthop via GATEWAY dev INTERFACE        one nexthop for each interface
 *
 * The strict filter (1) also wants the packet to arrive on an interface that the route has. The loose one (2) wants no
 * more than a route. So services that are also asked past all gateways (-exit-check) have rules for the addresses of all
 * other interfaces as well, with the same route.
 *
 * Packets that this machine sends stay rejected, since they are looked up before they have a source. Only where a program
 * has chosen OWN as its source, a packet to a target matches: it goes to a gateway, never past them. So these rules stand
 * only while packets from OWN to the target are rejected.
 *
 * Which pools that depends on, their selectors decide, as they would about a packet from OWN. Where no pool is for such
 * packets, the normal routing tables decide about answers at all times, whatever the pools do: a rule that stood while a
 * pool for others has no gateway would let a gateway come up, go with that, and take the gateway down again, without end.
 */

/** What answers need: the rules, and the routes of the table to which they lead. */
export interface AnswerEntries {
  readonly rules: readonly AnswerRule[];
  readonly routes: readonly Route[];
}

/**
 * The rules and the route that let the answers of targets in; none where no interface leads to a gateway.
 *
 * @param place the preference of the rules, and their table
 */
export function answerEntries(
  place: { readonly preference: number; readonly table: number },
  usable: readonly UsableGateway[],
  links: Observed["links"],
  { targets, exitServices, isRejected = () => true }: AnswerSources,
): AnswerEntries {
  const nexthops = onePerDevice(usable);
  if (nexthops.length === 0 || targets.length === 0) return { rules: [], routes: [] };
  const { preference, table } = place;
  const rulesFor = (own: readonly string[], others: readonly Cidr[]): AnswerRule[] =>
    own.flatMap((address) => {
      const from = hostOf(parseAddress(address)!);
      const rejected = others.filter((to) => isRejected(from, to));
      return rejected.map((to): AnswerRule => ({ kind: "answer", family: 4, preference, from, to, table }));
    });
  const own = ownAddresses(usable, links);
  const elsewhere = links.flatMap(({ addresses }) => addresses.map(({ address }) => address));
  const rules = [
    ...rulesFor(own, targets),
    ...rulesFor([...new Set(elsewhere).difference(new Set(own))].filter(canBeSource), exitServices),
  ];
  if (rules.length === 0) return { rules, routes: [] };
  return { rules, routes: [{ family: 4, table, type: "unicast", destination: EVERYWHERE, metric: 0, nexthops }] };
}

/** Whose answers are let in. */
export interface AnswerSources {
  /** Those that answer through gateways. */
  readonly targets: readonly Cidr[];
  /** Those of them that also answer past all gateways, on any interface. */
  readonly exitServices: readonly Cidr[];
  /** Whether packets from an own address to a target are rejected now; all are by default. */
  readonly isRejected?: (source: Cidr, target: Cidr) => boolean;
}

/** A gateway that can be a nexthop. */
export interface UsableGateway {
  readonly gateway: string;
  /** The interface that leads to it. */
  readonly device: string;
}

const EVERYWHERE = parseCidr("0.0.0.0/0")!;

function onePerDevice(usable: readonly UsableGateway[]): NextHop[] {
  const first = new Map(usable.toReversed().map((one) => [one.device, one]));
  return [...first.values()].reverse().map(({ gateway, device }) => ({ gateway, weight: 1, device }));
}

/**
 * The addresses from which this machine sends to gateways: of the interface, those in the gateway's network, or any where
 * it has none there; any of this machine where the interface has none (inet_select_addr in net/ipv4/devinet.c).
 */
export function ownAddresses(usable: readonly UsableGateway[], links: Observed["links"]): string[] {
  const all = links.flatMap(({ addresses }) => addresses);
  const texts = usable.flatMap(({ gateway, device }) => {
    const host = hostOf(parseAddress(gateway)!);
    const own = links.filter(({ name }) => name === device).flatMap(({ addresses }) => addresses);
    const near = own.filter(({ network }) => contains(network, host));
    return [near, own, all].find((some) => some.length > 0)?.map(({ address }) => address) ?? [];
  });
  return [...new Set(texts)];
}

/** Whether packets to other machines can have this source. */
function canBeSource(address: string): boolean {
  return !contains(LOOPBACK, hostOf(parseAddress(address)!));
}

const LOOPBACK = parseCidr("127.0.0.0/8")!;

/** What a pool does with packets to targets of probes; it passes those on that are in neither list. */
export interface TargetUse {
  /** The pool with the lowest one is asked first. */
  readonly preference: number;
  readonly selectors: Selectors;
  readonly rejected: readonly Cidr[];
  readonly routed: readonly Cidr[];
}

/** What a pool with these routes does with packets to some targets. */
export function targetUse(
  targets: readonly Cidr[],
  routes: readonly Route[],
  { preference, selectors = ALL_PACKETS }: TableRef,
): TargetUse {
  const routed = targets.filter((target) => bestRoute(target, routes)?.type === "unicast");
  return { preference, selectors, rejected: rejectedAmong(targets, routes), routed };
}

/** Whether packets of this machine from a source to a target are rejected: the first pool for them that does not pass them on decides. */
export function isRejected(uses: readonly TargetUse[], source: Cidr, target: Cidr): boolean {
  const has = (some: readonly Cidr[]): boolean => some.some((one) => formatCidr(one) === formatCidr(target));
  const own = uses.filter(({ selectors }) => isForOwn(selectors, formatAddress(source.address)));
  const first = own
    .toSorted((one, other) => one.preference - other.preference)
    .find(({ rejected, routed }) => has(rejected) || has(routed));
  return first !== undefined && has(first.rejected);
}

/** Those of some addresses to which these routes of one table reject packets. */
export function rejectedAmong(addresses: readonly Cidr[], routes: readonly Route[]): Cidr[] {
  return addresses.filter((address) => isRejectType(bestRoute(address, routes)?.type ?? ""));
}

function bestRoute(address: Cidr, routes: readonly Route[]): Route | undefined {
  return routes.filter(({ destination }) => contains(destination, address)).sort(bySpecificity)[0];
}
