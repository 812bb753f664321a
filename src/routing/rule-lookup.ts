import { contains, parseHost } from "../net/cidr.ts";
import { protocolNumber } from "../net/ip-protocol.ts";
import { networkIn, type PolicyRule, type RuleJson } from "./policy-rule.ts";
import type { ObservedRoute } from "./types.ts";

/** A packet, by all that rules can select packets by. */
export interface Packet {
  readonly to: string;
  /** The source; a packet of this machine has none before its route is chosen, and then matches no rule about a source. */
  readonly from: string | undefined;
  /** The interface on which it comes in; `lo` for a packet of this machine. */
  readonly iif: string;
  /** The interface on which it has to go out, as one to a link-local address; undefined where the route decides. */
  readonly oif?: string;
  /** Number of the IP protocol. */
  readonly protocol: number;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  /** The user whose process sends it. */
  readonly uid: number;
  /** Its mark; 0 by default, as of most packets. */
  readonly mark?: number;
  /** In IPv6, what tells flows between two addresses apart; 0 by default. */
  readonly flowLabel?: number;
}

/**
 * One rule in the look-up for a packet, and its outcome.
 *
 * - `no-match`: the rule is about other packets
 * - `pass`: the rule does nothing, or leads to the table of a VRF
 * - `jump`: the look-up continues at another rule
 * - `empty`: its table has no route to the destination
 * - `suppressed`: its table has one, whose prefix is too short for the rule
 * - `throw`: its table has a `throw` route, so the look-up continues at the next rule
 * - `route`: its table has the route that the packet takes, or that rejects it
 * - `reject`: the rule itself rejects the packet
 */
export interface Step {
  readonly rule: PolicyRule;
  readonly outcome: "no-match" | "pass" | "jump" | "empty" | "suppressed" | "throw" | "route" | "reject";
  /** The route that was found, for `suppressed`, `throw` and `route`. */
  readonly route?: ObservedRoute;
}

/**
 * Goes through the rules for a packet as the kernel does (fib_rules_lookup in net/core/fib_rules.c), up to the one that
 * decides. The type of service of the packet is 0.
 *
 * @param routes of all tables, at least those whose destination contains that of the packet
 */
export function lookUpRules(rules: readonly PolicyRule[], routes: readonly ObservedRoute[], packet: Packet): Step[] {
  const steps: Step[] = [];
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index]!;
    const step = applyRule(rule, routes, packet);
    const { action } = rule;
    const target =
      step.outcome === "jump" && action.kind === "goto"
        ? rules.findIndex(({ preference }, other) => other > index && preference === action.preference)
        : undefined;
    steps.push(target === -1 ? { rule, outcome: "pass" } : step); // the kernel ignores a jump to no rule
    if (isDecision(step)) break;
    if (target !== undefined && target >= 0) index = target - 1;
  }
  return steps;
}

/** Whether a step decides about the packet, so that it is the last one. */
export function isDecision({ outcome }: Step): boolean {
  return outcome === "route" || outcome === "reject";
}

function applyRule(rule: PolicyRule, routes: readonly ObservedRoute[], packet: Packet): Step {
  const { action } = rule;
  if (!matches(rule, packet)) return { rule, outcome: "no-match" };
  switch (action.kind) {
    case "pass":
    case "l3mdev":
      return { rule, outcome: "pass" };
    case "goto":
      return { rule, outcome: "jump" };
    case "reject":
      return { rule, outcome: "reject" };
    case "lookup": {
      const route = longestMatch(routes, action.table, packet);
      if (!route) return { rule, outcome: "empty" };
      if (route.type === "throw") return { rule, outcome: "throw", route };
      return { rule, outcome: isSuppressed(route, action.suppress) ? "suppressed" : "route", route };
    }
  }
}

/** Whether a rule ignores a route, whose prefix is too short for it. It never ignores one that rejects packets. */
export function isSuppressed(
  { type, destination }: Pick<ObservedRoute, "type" | "destination">,
  suppress: number | undefined,
): boolean {
  return suppress !== undefined && destination.prefix <= suppress && !isRejectType(type);
}

/** Whether a route of this type rejects packets. */
export function isRejectType(type: string): boolean {
  return ["unreachable", "prohibit", "blackhole"].includes(type);
}

/** The route of a table that the kernel chooses: longest prefix, then lowest metric. */
function longestMatch(
  routes: readonly ObservedRoute[],
  table: number,
  { to, oif }: Pick<Packet, "to" | "oif">,
): ObservedRoute | undefined {
  const host = parseHost(to)!;
  const matching = routes.filter((route) => route.table === table && contains(route.destination, host));
  return matching.filter((route) => oif === undefined || leadsOut(route, oif)).sort(bySpecificity)[0];
}

/**
 * Whether a route can have packets that go out on an interface. One that rejects or throws has the interface `lo`, so the kernel
 * goes past it to a shorter prefix (fib6_backtrack in net/ipv6/route.c).
 */
function leadsOut({ type, nexthops }: ObservedRoute, oif: string): boolean {
  if (type === "throw" || isRejectType(type)) return false;
  return nexthops.length === 0 || nexthops.some(({ device }) => device === oif);
}

/** The order in which the kernel prefers routes that match: longest prefix, then lowest metric. */
export function bySpecificity(a: Pick<ObservedRoute, "destination" | "metric">, b: typeof a): number {
  return b.destination.prefix - a.destination.prefix || a.metric - b.metric;
}

/** Whether a rule is about a packet. */
export function matches({ selector, json }: PolicyRule, packet: Packet): boolean {
  if (selector === "") return true;
  const matching = SELECTORS.every((isMatched) => isMatched(json, packet));
  return "not" in json ? !matching : matching;
}

/** Whether a packet matches each selector of a rule; a selector that the rule does not have matches every packet. */
const SELECTORS: readonly ((rule: RuleJson, packet: Packet) => boolean)[] = [
  ({ src, srclen }, { from }) => isIn(from, src, srclen),
  ({ dst, dstlen }, { to }) => isIn(to, dst, dstlen),
  ({ iif }, packet) => iif === undefined || iif === packet.iif,
  ({ oif }, packet) => oif === undefined || oif === packet.oif, // else the look-up is what finds the interface
  ({ fwmark, fwmask }, { mark = 0 }) =>
    fwmark === undefined || ((Number(fwmark) ^ mark) & Number(fwmask ?? 0xffffffff)) === 0,
  ({ tos }) => tos === undefined || Number(tos) === 0,
  ({ uid_start: start = 0, uid_end: end = Infinity }, { uid }) => uid >= start && uid <= end,
  ({ ipproto }, { protocol }) => ipproto === undefined || protocolNumber(ipproto) === protocol,
  ({ sport, sport_start, sport_end }, packet) => isWithin(packet.sport, sport ?? sport_start, sport ?? sport_end),
  ({ dport, dport_start, dport_end }, packet) => isWithin(packet.dport, dport ?? dport_start, dport ?? dport_end),
];

function isIn(address: string | undefined, network: string | undefined, prefix: number | undefined): boolean {
  if (network === undefined || network === "all") return true;
  const outer = networkIn(network, prefix);
  const host = address === undefined ? undefined : parseHost(address);
  return outer !== undefined && host !== undefined && contains(outer, host);
}

function isWithin(port: number | undefined, start: number | undefined, end: number | undefined): boolean {
  if (start === undefined || end === undefined) return true;
  return port !== undefined && port >= start && port <= end;
}
