import type { Cidr } from "../net/cidr.ts";
import type { Link } from "./links.ts";

/** Marks what is ours in the kernel (rtm_protocol, FRA_PROTOCOL). No registry file of iproute2 or routing daemon names it. */
export const PROTOCOL = 173;

/** Where and under which mark the service keeps its routes. */
export interface Place {
  readonly table: number;
  readonly preference: number;
}

/** One way of a multipath route. Gateways may stand in one route several times. */
export interface NextHop {
  readonly gateway: string;
  /** 1 to 256; the share of flows in relation to the sum of all weights. */
  readonly weight: number;
  /** The interface, as found; the kernel picks it when a route is made. */
  readonly device?: string;
}

/** `throw` ends the look-up in this table, so that the next rule decides. */
export type RouteType = "unicast" | "throw" | "unreachable" | "prohibit" | "blackhole";

/** A route of one table. Its key, of which the kernel holds one, is destination and metric. */
export interface Route {
  readonly family: 4;
  readonly type: RouteType;
  readonly destination: Cidr;
  readonly metric: number;
  readonly nexthops: readonly NextHop[];
}

/** A rule `from all lookup <table>`. */
export interface Rule {
  readonly family: 4;
  readonly preference: number;
  readonly table: number;
}

/** What the kernel should hold. No rule means that nothing may lead into the table. */
export interface Desired {
  readonly routes: readonly Route[];
  readonly rules: readonly Rule[];
}

/** A route as found. Types that we never make are kept as text, so that they are seen and left alone. */
export interface ObservedRoute extends Omit<Route, "type"> {
  readonly type: string;
  readonly protocol: number;
}

/** A rule as found; `plain` if it is `from all lookup <table>` and nothing else. */
export interface ObservedRule extends Rule {
  readonly protocol: number;
  readonly plain: boolean;
}

/** Why a gateway cannot be a nexthop now. */
export interface Refusal {
  readonly gateway: string;
  readonly why: string;
}

/** What the kernel holds, as far as it matters here. */
export interface Observed {
  readonly routes: readonly ObservedRoute[];
  readonly rules: readonly ObservedRule[];
  /** Networks of the addresses on this machine's interfaces. */
  readonly connected: readonly Cidr[];
  /** Those addresses themselves. */
  readonly addresses: readonly string[];
  /** Gateways that the kernel would refuse, or swallow the packets of. */
  readonly refusals: readonly Refusal[];
  /** Interfaces that have an IPv4 address. */
  readonly links: readonly Link[];
  /** The interface that leads to each gateway now. */
  readonly devices: ReadonlyMap<string, string>;
}

/**
 * One step of a plan. A `replace` takes over the key whoever holds it, and works on a free one as well (`fresh`); an
 * `add` fails when the key is taken.
 */
export type Change =
  | { readonly op: "add-route"; readonly route: Route }
  | { readonly op: "replace-route"; readonly route: Route; readonly fresh: boolean }
  | { readonly op: "delete-route"; readonly route: ObservedRoute }
  | { readonly op: "add-rule" | "delete-rule"; readonly rule: Rule };
