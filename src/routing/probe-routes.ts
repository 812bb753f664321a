import { parseCidr } from "../net/cidr.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { LAST_METRIC } from "./desired.ts";
import { answerEntries, type AnswerSources, type UsableGateway } from "./probe-answers.ts";
import { MAIN_TABLE } from "./tables.ts";
import type { Observed, ProbeEntries, ProbeRule, ProbeTables, Route, Rule } from "./types.ts";

/*
 * Routes for probes beyond a gateway. A probe's packets have a mark that belongs to its gateway, and a table of two routes
 * leads them there or nowhere:
 *
 *   P      not from all fwmark 0xad000000/0xff000000 goto P + 2    all other packets pass the rules for probes
 *   P + 1  from all fwmark 0xad000001/0xff0000ff lookup 18001      one for each gateway
 *   P + 2  from all fwmark 0xad000000/0xff000000 unreachable       probes that no table leads anywhere
 *   P + 3  from OWN to TARGET iif lo lookup 18255                  see probe-answers.ts
 *
 *   table 18001   default via GATEWAY dev INTERFACE
 *                 unreachable default metric 4294967295
 *
 * Without the first rule, each forwarded packet would be compared with the mark of each gateway. Without the last one, the
 * probes through a gateway whose table another program has emptied would take the normal routes, and prove nothing. That
 * rule is also where the first one leads: it has to be there for that one to do anything.
 *
 * One more mark is for requests that take the main table, past all gateways, or go nowhere:
 *
 *   P + 1  from all fwmark 0xad0000ff/0xff0000ff lookup main
 */

/** The bits of a mark that tell probes from all other packets. */
export const PROBE_MASK = 0xff000000;

/** The bits that tell the probes through each gateway apart. Firewalls may set those between (mwan3, Tailscale, Kubernetes). */
export const PATH_MASK = 0xff0000ff;

const NO_ANSWERS: AnswerSources = { targets: [], exitServices: [] };

const EVERYWHERE = parseCidr("0.0.0.0/0")!;

/** How many preferences the rules for probes need. */
export const PROBE_SPAN = 4;

/** Where each kind of rules stands, from the first preference on. */
const OFFSETS = { unmarked: 0, mark: 1, stray: 2, answer: 3 } as const satisfies Record<ProbeRule["kind"], number>;

/** The mark of packets that probe beyond the gateway at this index of the range. */
export function markOf({ mark }: ProbeTables, index: number): number {
  return mark + index + 1;
}

/** A mark as `ip` writes it. */
export function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}

/** The table that such packets use. */
export function probeTableOf({ table }: ProbeTables, index: number): number {
  return table + index;
}

/** More tables than gateways that a range may have. */
export const MOST_PROBE_TABLES = 255;

/** The path through each gateway. */
export function pathsThrough(tables: ProbeTables, gateways: readonly string[]): ReadonlyMap<string, GatewayPath> {
  return new Map(gateways.map((gateway, index) => [gateway, { mark: markOf(tables, index) }]));
}

/** The path past all gateways, with the last mark. */
export function bypassPath(tables: ProbeTables): GatewayPath {
  return { mark: markOf(tables, MOST_PROBE_TABLES - 1) };
}

/** The table for answers, the last of them. */
export function answerTableOf({ table }: ProbeTables): number {
  return table + MOST_PROBE_TABLES - 1;
}

/** The tables of the first gateways, so many of them, and the one for answers. */
export function probeTableIds(tables: ProbeTables, gateways: number): number[] {
  return [...Array.from({ length: gateways }, (_, index) => probeTableOf(tables, index)), answerTableOf(tables)];
}

/** Whether a table is one for probes. */
export function isProbeTable(table: number, tables: ProbeTables): boolean {
  return table >= tables.table && table < tables.table + MOST_PROBE_TABLES;
}

/**
 * The rules and routes for probes. A gateway that cannot be a nexthop, or to which no interface leads, has only the route
 * that rejects: a probe through it fails.
 *
 * @param from whose answers have to be let in: those to which packets are rejected now
 */
export function probeEntries(
  tables: ProbeTables,
  gateways: readonly string[],
  { devices, unusable, links }: Pick<Observed, "devices" | "unusable" | "links">,
  from: AnswerSources = NO_ANSWERS,
): ProbeEntries {
  const faulty = new Set(unusable.map(({ gateway }) => gateway));
  const { preference } = tables;
  const end = preference + OFFSETS.stray;
  const usable = (gateway: string): UsableGateway | [] => {
    const device = devices.get(gateway);
    return device === undefined || faulty.has(gateway) ? [] : { gateway, device };
  };
  const answerPlace = { preference: preference + OFFSETS.answer, table: answerTableOf(tables) };
  const answers = answerEntries(answerPlace, gateways.flatMap(usable), links, from);
  const lookup = (mark: number, table: number): ProbeRule => {
    return { kind: "mark", family: 4, preference: preference + OFFSETS.mark, mark, mask: PATH_MASK, table };
  };
  return {
    tables,
    rules: [
      { kind: "stray", family: 4, preference: end, mark: tables.mark, mask: PROBE_MASK },
      { kind: "unmarked", family: 4, preference, mark: tables.mark, mask: PROBE_MASK, target: end },
      ...gateways.map((_, index) => lookup(markOf(tables, index), probeTableOf(tables, index))),
      ...(tables.bypass ? [lookup(bypassPath(tables).mark, MAIN_TABLE)] : []),
      ...answers.rules,
    ],
    routes: gateways
      .flatMap((gateway, index): Route[] => {
        const place = { family: 4, table: probeTableOf(tables, index), destination: EVERYWHERE } as const;
        const nexthops = [usable(gateway)].flat().map((one) => ({ ...one, weight: 1 }));
        return [
          { ...place, type: "unreachable" as const, metric: LAST_METRIC, nexthops: [] },
          ...(nexthops.length === 0 ? [] : [{ ...place, type: "unicast" as const, metric: 0, nexthops }]),
        ];
      })
      .concat(answers.routes),
  };
}

/** The preferences in an order in which no probe takes another route when the rules are deleted by hand. */
export function probeRemovalOrder(base: number): number[] {
  return [OFFSETS.mark, OFFSETS.unmarked, OFFSETS.stray, OFFSETS.answer].map((offset) => base + offset);
}

/** Whether a rule is one of those at these preferences. */
export function isProbeRule<T extends Rule>(rule: T, base: number): rule is T & ProbeRule {
  return probeBaseOf(rule) === base;
}

/** The first preference of the rules for probes that a rule belongs to, if it is one of them. */
export function probeBaseOf({ kind, preference }: Rule): number | undefined {
  return kind in OFFSETS ? preference - OFFSETS[kind as ProbeRule["kind"]] : undefined;
}
