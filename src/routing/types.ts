import type { Family } from "../net/address.ts";
import type { Cidr } from "../net/cidr.ts";
import type { Link } from "../net/link.ts";
import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { PolicyRule, RejectType } from "./policy-rule.ts";
import type { RuleSelector, Selectors } from "./selectors.ts";

export type { RejectType } from "./policy-rule.ts";

/** Marks what is ours in the kernel (rtm_protocol, FRA_PROTOCOL). No registry file of iproute2 or routing daemon names it. */
export const PROTOCOL = 173;

/** Where a pool keeps its routes: a table, the preference of the rules that lead there, and the packets that these match. */
export interface TableRef {
  readonly table: number;
  readonly preference: number;
  /** All packets by default. */
  readonly selectors?: Selectors;
}

/** One nexthop of a multipath route. A gateway may stand in one route several times. */
export interface NextHop {
  readonly gateway: string;
  /** 1 to 256; the share of flows in relation to the sum of all weights. */
  readonly weight: number;
  /** The interface that leads to the gateway; undefined where it is unknown, and the kernel chooses it then. */
  readonly device?: string;
}

/**
 * `throw` ends the look-up in this table, so that the next rule decides. `on-link` is a unicast route of ours over an
 * interface without a gateway, in IPv6 (see on-link-routes.ts).
 */
export type RouteType = "unicast" | "throw" | "on-link" | RejectType;

/** A route. Its key, of which the kernel holds one, is table, destination and metric. */
export interface Route {
  readonly family: Family;
  readonly table: number;
  readonly type: RouteType;
  readonly destination: Cidr;
  readonly metric: number;
  /** As `ip` lists them, also those behind a nexthop object; none where a route is to be made that names one. */
  readonly nexthops: readonly NextHop[];
  /** The id of the nexthop object that the route uses instead of nexthops of its own. */
  readonly nexthopId?: number;
}

/** A nexthop object that is a slot: one gateway, in a group. */
export interface SlotObject {
  readonly kind: "slot";
  readonly id: number;
  readonly gateway: string;
  readonly device?: string;
}

/** A nexthop object that is a group of slots, all of one weight, in their order. */
export interface GroupObject {
  readonly kind: "group";
  readonly id: number;
  readonly members: readonly number[];
}

export type NexthopObject = SlotObject | GroupObject;

/** The nexthop objects of a table. */
export interface NexthopObjects {
  readonly slots: readonly SlotObject[];
  readonly group: GroupObject;
}

/** A nexthop object of a kind that we never make. */
export interface OtherObject {
  readonly kind: "other";
  readonly id: number;
  /** What can take its place in one step; undefined where it has to go first. */
  readonly replaceableBy: NexthopObject["kind"] | undefined;
}

/** A nexthop object as found, also of other programs. */
export type ObservedNexthop = (NexthopObject | OtherObject) & { readonly protocol: number };

interface AnyRule {
  readonly family: Family;
  readonly preference: number;
}

/** A rule `from all lookup <table>`, or `from <network> iif <interface> fwmark <mark>/<mask> lookup <table>`. */
export interface LookupRule extends AnyRule {
  readonly kind: "lookup";
  /** Undefined for all packets. */
  readonly selector?: RuleSelector;
  readonly table: number;
}

/** A rule `from all fwmark <mark>/<mask> lookup <table>`, for probes through one gateway. */
export interface MarkRule extends AnyRule {
  readonly kind: "mark";
  readonly mark: number;
  readonly mask: number;
  readonly table: number;
}

/** A rule `not from all fwmark <mark>/<mask> goto <preference>`, for packets that are no probes. */
export interface UnmarkedRule extends AnyRule {
  readonly kind: "unmarked";
  readonly mark: number;
  readonly mask: number;
  readonly target: number;
}

/** A rule `from all fwmark <mark>/<mask> unreachable`, for probes that no table leads anywhere. */
export interface StrayRule extends AnyRule {
  readonly kind: "stray";
  readonly mark: number;
  readonly mask: number;
}

/** A rule `from <address> to <address> iif lo lookup <table>`, for the look-up that decides whether an answer is accepted. */
export interface AnswerRule extends AnyRule {
  readonly kind: "answer";
  /** This machine's own. */
  readonly from: Cidr;
  /** The target that answers. */
  readonly to: Cidr;
  readonly table: number;
}

/** A rule `from all to <network> goto <preference>`: what is excluded passes the rejecting rules. */
export interface GotoRule extends AnyRule {
  readonly kind: "goto";
  readonly to: Cidr;
  readonly target: number;
}

/** A rule `from all to <network> unreachable`, or of another reject type, with the same selectors as a look-up. */
export interface RejectRule extends AnyRule {
  readonly kind: "reject";
  /** Undefined for all packets. */
  readonly selector?: RuleSelector;
  readonly to: Cidr;
  readonly how: RejectType;
}

/** A rule `from all nop`, where a `goto` leads. */
export interface NopRule extends AnyRule {
  readonly kind: "nop";
}

/** The rules behind the look-up that reject what the table lets through. */
export type KillSwitchRule = GotoRule | RejectRule | NopRule;

/** The rules that lead probes through their gateways, and let their answers in. */
export type ProbeRule = MarkRule | UnmarkedRule | StrayRule | AnswerRule;

/** A rule of a kind that we make. */
export type Rule = LookupRule | KillSwitchRule | ProbeRule;

/** Where the first of the rules, tables and marks are that lead probes through their gateways (see probe-tables.ts). */
export interface ProbePlaces {
  /** The first of four in a row. */
  readonly preference: number;
  /** That of the first gateway. */
  readonly table: number;
  /** The marks of the gateways follow it. */
  readonly mark: number;
}

/** The same, and what decides which of them there are. */
export interface ProbeTables extends ProbePlaces {
  /** Whether there is one more mark, whose packets take the main table, past all gateways. */
  readonly bypass?: boolean;
  /** What is probed or asked, as far as its addresses are known; none by default. */
  readonly targets?: readonly Cidr[];
  /** Those of them that are also asked past all gateways (-exit-check). */
  readonly exitServices?: readonly Cidr[];
}

/** Where a pool keeps all that it makes. */
export interface PoolPlaces {
  /** The family that is there; both where it is left out. */
  readonly family?: Family;
  readonly tableRef: TableRef;
  readonly probes?: ProbeTables | undefined;
  /** Whether it has markers in the main table. */
  readonly markers?: boolean;
}

/** Routes and rules that lead probes through their gateways. */
export interface ProbeEntries {
  readonly tables: ProbeTables;
  readonly routes: readonly Route[];
  readonly rules: readonly ProbeRule[];
}

/** What the kernel should hold. No look-up rule means that nothing may lead into the table. */
export interface Desired {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
  /** Managed destinations, with nexthops or without: while another's route stands at one, no rule leads into the table. */
  readonly managed: readonly Cidr[];
  /** Undefined where no probe goes beyond a gateway. */
  readonly probes?: ProbeEntries | undefined;
  /** What the routes name their gateways by in IPv6; undefined while they have none. */
  readonly nexthops?: NexthopObjects | undefined;
  /** Markers in the main table (see marker.ts); undefined where those that stand stay as they are. */
  readonly markers?: readonly Route[] | undefined;
}

/** A route as found. Types that we never make are kept as text, so that they are seen and left alone. */
export interface ObservedRoute extends Omit<Route, "type"> {
  readonly type: string;
  readonly protocol: number;
}

/** A rule as found, also of other programs. Rules of other kinds than we make are left out. */
export type ObservedRule = Rule & { readonly protocol: number };

/** An interface that could not be read, or not wholly. */
export interface SkippedLink {
  /** Its name, as far as known, without control characters. */
  readonly name: string;
  /**
   * What is wrong with what `ip` printed about it, so that not even its addresses are known; undefined where only its name
   * cannot be used, since it has control characters.
   */
  readonly unreadable?: string;
}

type Found = Pick<ObservedRule, "protocol">;

/** What the earlier program has left. Nothing of other programs is in it, as far as that can be told apart. */
export interface Leftovers {
  readonly rules: LeftRules;
  readonly routes: readonly ObservedRoute[];
  /** Whether it stays as it is for now: which gateways can be used is not known yet. */
  readonly isHeld?: true;
}

/** Its rules by what they do. */
export interface LeftRules {
  /** Into the table of the gateways. */
  readonly enter: readonly (LookupRule & Found)[];
  /** For excluded networks, past that. */
  readonly exclude: readonly (GotoRule & Found)[];
  /** Where those lead. */
  readonly leave: readonly (LookupRule & Found)[];
}

/** What the kernel holds, as far as it matters here. */
export interface Observed {
  /** What the earlier program has left and this one takes over; undefined where there is nothing. */
  readonly leftovers?: Leftovers | undefined;
  readonly routes: readonly ObservedRoute[];
  /** All routes of the tables for probes through these gateways, and those of ours in the other tables for probes. */
  readonly probeRoutes: readonly ObservedRoute[];
  /** Markers of the pool in the main table; undefined where they are not read. */
  readonly markers?: readonly ObservedRoute[] | undefined;
  readonly rules: readonly ObservedRule[];
  /** Nexthop objects with ids of the table, whatever program made them; none are read for IPv4. */
  readonly nexthops?: readonly ObservedNexthop[];
  /** All rules, of whatever kind, in the order in which the kernel evaluates them. */
  readonly policies: readonly PolicyRule[];
  /** Networks of the addresses on this machine's interfaces. */
  readonly connected: readonly Cidr[];
  /** Those addresses themselves. */
  readonly addresses: readonly string[];
  /** Gateways that the kernel would reject as nexthops, or whose packets it would drop. */
  readonly unusable: readonly UnusableNexthop[];
  /** Interfaces that have an IPv4 address. */
  readonly links: readonly Link[];
  /** Interfaces that could not be read. */
  readonly skipped: readonly SkippedLink[];
  /** The interface that leads to each gateway now. */
  readonly devices: ReadonlyMap<string, string>;
}

/**
 * One step of a plan. A `replace` takes over the place from any owner, and works on a free one as well (`fresh`); an
 * `add` fails when the place is taken.
 */
export type Change =
  | { readonly op: "add-route"; readonly route: Route }
  | { readonly op: "replace-route"; readonly route: Route; readonly fresh: boolean }
  | { readonly op: "delete-route"; readonly route: ObservedRoute }
  | { readonly op: "add-rule"; readonly rule: Rule }
  /** One of ours, unless it says another protocol. */
  | { readonly op: "delete-rule"; readonly rule: Rule | ObservedRule }
  | { readonly op: "replace-nexthop"; readonly nexthop: NexthopObject; readonly fresh: boolean }
  | { readonly op: "delete-nexthop"; readonly nexthop: NexthopObject };

/** Why the kernel could not be read or changed. */
export interface KernelError {
  /**
   * - `ip`: the `ip` command cannot be run, or what it printed is not iproute2's
   * - `nexthop`: the kernel rejected a gateway of a route
   * - `rejected`: the kernel rejected another change
   */
  readonly code: "ip" | "nexthop" | "rejected";
  readonly detail: string;
}
