import { type Cidr, contains, parseCidr } from "../net/cidr.ts";
import type { PolicyRule, RuleJson } from "./iproute2/policy-rules.ts";
import type { ObservedRoute } from "./types.ts";

/** A route of any table; one without a table is in the main one. */
export type TableRoute = ObservedRoute & { readonly table: number | undefined };

/** A packet, as far as rules can tell packets apart. */
export interface Flow {
  readonly to: string;
  /** The source; a connection of this machine's own has none before the way is chosen, and no rule about it matches. */
  readonly from: string | undefined;
  /** The interface it comes in on; `lo` for this machine's own. */
  readonly iif: string;
  /** Number of the IP protocol. */
  readonly protocol: number;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  /** Whose process sends it. */
  readonly uid: number;
}

/**
 * What came of asking one rule.
 *
 * - `other`: it is not about this packet
 * - `pass`: it does nothing, or leads to the table of a VRF
 * - `jump`: it goes on at another rule
 * - `empty`: its table has no way there
 * - `short`: its table has one, whose prefix is too short for the rule
 * - `throw`: its table sends the packet on to the next rule
 * - `way`: its table decides
 * - `end`: the rule itself refuses the packet
 */
export interface Step {
  readonly rule: PolicyRule;
  readonly outcome: "other" | "pass" | "jump" | "empty" | "short" | "throw" | "way" | "end";
  /** The route that was found, for `short`, `throw` and `way`. */
  readonly route?: TableRoute;
}

/** The table of a route that names none. */
export const MAIN_TABLE = 254;

/**
 * Asks the rules about a packet as the kernel does (fib_rules_lookup in net/core/fib_rules.c), up to the one that decides.
 * Marks and types of service count as 0.
 *
 * @param routes of all tables, at least those to the destination
 */
export function lookUpRules(rules: readonly PolicyRule[], routes: readonly TableRoute[], flow: Flow): Step[] {
  const steps: Step[] = [];
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index]!;
    const step = askRule(rule, routes, flow);
    const { action } = rule;
    const target =
      step.outcome === "jump" && action.kind === "goto"
        ? rules.findIndex(({ preference }, other) => other > index && preference === action.preference)
        : undefined;
    steps.push(target === -1 ? { rule, outcome: "pass" } : step); // a rule that leads nowhere is passed
    if (step.outcome === "way" || step.outcome === "end") break;
    if (target !== undefined && target >= 0) index = target - 1;
  }
  return steps;
}

function askRule(rule: PolicyRule, routes: readonly TableRoute[], flow: Flow): Step {
  const { action } = rule;
  if (!isAbout(rule, flow)) return { rule, outcome: "other" };
  switch (action.kind) {
    case "pass":
    case "l3mdev":
      return { rule, outcome: "pass" };
    case "goto":
      return { rule, outcome: "jump" };
    case "end":
      return { rule, outcome: "end" };
    case "lookup": {
      const route = longest(routes, action.table, flow.to);
      if (!route) return { rule, outcome: "empty" };
      if (route.type === "throw") return { rule, outcome: "throw", route };
      return { rule, outcome: isSuppressed(route, action.suppress) ? "short" : "way", route };
    }
  }
}

/** Whether a rule takes no notice of a route, since its prefix is too short. A route that refuses packets does so at once. */
export function isSuppressed({ type, destination }: TableRoute, suppress: number | undefined): boolean {
  return suppress !== undefined && destination.prefix <= suppress && !REFUSING_TYPES.has(type);
}

const REFUSING_TYPES = new Set(["unreachable", "prohibit", "blackhole"]);

/** The route of a table that the kernel takes: longest prefix, then lowest metric. */
function longest(routes: readonly TableRoute[], table: number, address: string): TableRoute | undefined {
  const host = parseCidr(`${address}/32`)!;
  return routes
    .filter((route) => (route.table ?? MAIN_TABLE) === table && contains(route.destination, host))
    .sort((a, b) => b.destination.prefix - a.destination.prefix || a.metric - b.metric)[0];
}

function isAbout({ selector, json }: PolicyRule, flow: Flow): boolean {
  if (selector === "") return true;
  const matches = SELECTORS.every((test) => test(json, flow));
  return "not" in json ? !matches : matches;
}

/** What each selector asks of a packet; a rule without it takes any. */
const SELECTORS: readonly ((rule: RuleJson, flow: Flow) => boolean)[] = [
  ({ src, srclen }, { from }) => isIn(from, src, srclen),
  ({ dst, dstlen }, { to }) => isIn(to, dst, dstlen),
  ({ iif }, flow) => iif === undefined || iif === flow.iif,
  ({ oif }) => oif === undefined, // the way out is what is looked for
  ({ fwmark, fwmask }) => fwmark === undefined || (Number(fwmark) & Number(fwmask ?? 0xffffffff)) === 0,
  ({ tos }) => tos === undefined || Number(tos) === 0,
  ({ uid_start: start = 0, uid_end: end = Infinity }, { uid }) => uid >= start && uid <= end,
  ({ ipproto }, { protocol }) => ipproto === undefined || protocolOf(ipproto) === protocol,
  ({ sport, sport_start, sport_end }, flow) => isWithin(flow.sport, sport ?? sport_start, sport ?? sport_end),
  ({ dport, dport_start, dport_end }, flow) => isWithin(flow.dport, dport ?? dport_start, dport ?? dport_end),
];

function isIn(address: string | undefined, network: string | undefined, prefix = 32): boolean {
  if (network === undefined || network === "all") return true;
  const outer: Cidr | undefined = parseCidr(`${network}/${prefix}`);
  const host = address === undefined ? undefined : parseCidr(`${address}/32`);
  return outer !== undefined && host !== undefined && contains(outer, host);
}

function isWithin(port: number | undefined, start: number | undefined, end: number | undefined): boolean {
  if (start === undefined || end === undefined) return true;
  return port !== undefined && port >= start && port <= end;
}

const NAMED: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

/** The number behind `ipproto-6`, as `ip -N` prints it, or `tcp`. */
function protocolOf(text: string): number {
  return NAMED[text] ?? Number(text.replace("ipproto-", ""));
}
