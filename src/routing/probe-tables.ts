import { type Family, familyOf } from "../net/address.ts";
import type { GatewayPath } from "../probe/probe.ts";
import type { ProbeRule, ProbeTables, Rule } from "./types.ts";

/*
 * The numbers of all that probes beyond the gateways have in the kernel: preferences of rules, tables and marks. What the
 * rules and routes are is in probe-routes.ts.
 */

/** The bits of a mark that tell probes from all other packets. */
export const PROBE_MASK = 0xff000000;

/** The bits that tell the probes through each gateway apart. Firewalls may set those between (mwan3, Tailscale, Kubernetes). */
export const PATH_MASK = 0xff0000ff;

/** How many preferences the rules for probes need. */
export const PROBE_SPAN = 4;

/** Where each kind of rules stands, from the first preference on. */
export const PROBE_OFFSETS = { unmarked: 0, mark: 1, stray: 2, answer: 3 } as const satisfies Record<
  ProbeRule["kind"],
  number
>;

/** The mark of packets that probe beyond the gateway at this index of all gateways. */
export function markOf({ mark }: ProbeTables, index: number): number {
  return mark + index + 1;
}

/** Whether a mark is one that probes may have, of this instance or of another one, and tells the gateways apart. */
export function isProbeMark(mark: number, mask: number): boolean {
  const index = mark & ~PROBE_MASK;
  const isWhole = (mask & PATH_MASK) >>> 0 === PATH_MASK;
  return isWhole && mark > MOST_PROBE_TABLES && index >= 1 && index <= MOST_PROBE_TABLES;
}

/** The table of probes beyond the gateway at this index of all gateways. */
export function probeTableOf({ table }: ProbeTables, index: number): number {
  return table + index;
}

/** How many tables are for probes: more than there may be gateways. The last one is for answers. */
export const MOST_PROBE_TABLES = 255;

/** Gateways, each at the place that decides about its mark and its table; a place may be free. */
export type PlacedGateways = readonly (string | undefined)[];

/** The path through each gateway. */
export function pathsThrough(tables: ProbeTables, gateways: PlacedGateways): ReadonlyMap<string, GatewayPath> {
  return new Map(
    gateways.flatMap((gateway, index) =>
      gateway === undefined ? [] : [[gateway, { family: familyOf(gateway), mark: markOf(tables, index) }] as const],
    ),
  );
}

/** Those gateways, without the free places. */
export function gatewaysAt(places: PlacedGateways): readonly string[] {
  return places.filter((gateway) => gateway !== undefined);
}

/** The path past all gateways, with the last mark (-exit-check). */
export function bypassPath(tables: ProbeTables, family: Family = 4): GatewayPath {
  return { family, mark: markOf(tables, MOST_PROBE_TABLES - 1) };
}

/** The table for answers, the last of them. */
export function answerTableOf({ table }: ProbeTables): number {
  return table + MOST_PROBE_TABLES - 1;
}

/** The tables of all gateways, and the one for answers. */
export function probeTableIds(tables: ProbeTables, gateways: PlacedGateways): number[] {
  const used = gateways.flatMap((gateway, index) => (gateway === undefined ? [] : probeTableOf(tables, index)));
  return [...used, answerTableOf(tables)];
}

/** Whether a table is one for probes. */
export function isProbeTable(table: number, tables: ProbeTables): boolean {
  return table >= tables.table && table < tables.table + MOST_PROBE_TABLES;
}

/** The preferences in an order in which no probe takes another route when the rules are deleted by hand. */
export function probeRemovalOrder(base: number): number[] {
  return [PROBE_OFFSETS.mark, PROBE_OFFSETS.unmarked, PROBE_OFFSETS.stray, PROBE_OFFSETS.answer].map(
    (offset) => base + offset,
  );
}

/** Whether a rule is one of those at these preferences. */
export function isProbeRule<T extends Rule>(rule: T, base: number): rule is T & ProbeRule {
  return probeBaseOf(rule) === base;
}

/** The first preference of the rules for probes that a rule belongs to, if it is one of them. */
export function probeBaseOf({ kind, preference }: Rule): number | undefined {
  return kind in PROBE_OFFSETS ? preference - PROBE_OFFSETS[kind as ProbeRule["kind"]] : undefined;
}

/** The preferences at which rules for probes begin, of these rules. */
export function probeBasesOf(rules: readonly Rule[]): Set<number> {
  return new Set(rules.flatMap((rule) => probeBaseOf(rule) ?? []));
}
