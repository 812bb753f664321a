import type { Family } from "../net/address.ts";
import { everything } from "../net/cidr.ts";
import { LAST_METRICS, METRICS } from "./desired.ts";
import { type AnswerEntries, answerEntries, type AnswerSources, type UsableGateway } from "./probe-answers.ts";
import {
  answerTableOf,
  bypassPath,
  gatewaysAt,
  markOf,
  PATH_MASK,
  type PlacedGateways,
  PROBE_MASK,
  PROBE_OFFSETS,
  probeTableOf,
} from "./probe-tables.ts";
import { MAIN_TABLE } from "./tables.ts";
import type { Observed, ProbeEntries, ProbeRule, ProbeTables, Route } from "./types.ts";

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
 * One more mark is for the questions of -exit-check that take the main table, past all gateways, or go nowhere:
 *
 *   P + 1  from all fwmark 0xad0000ff/0xff0000ff lookup main
 *
 * IPv6 has rules and tables of its own with the same numbers, and no reverse path filter, so that there is nothing to do for
 * answers. A route there needs `onlink`: without it the kernel looks up the gateway in all tables, finds the route that rejects,
 * and takes it for unreachable (ip6_route_check_nh in net/ipv6/route.c).
 */

const NO_ANSWERS: AnswerSources = { targets: [], exitServices: [] };

const NO_ENTRIES: AnswerEntries = { rules: [], routes: [] };

/**
 * The rules and routes for probes. A gateway that cannot be a nexthop, or to which no interface leads, has only the route
 * that rejects: a probe through it fails.
 *
 * @param from whose answers have to be let in: those to which packets are rejected now
 * @param family that of the gateways
 */
export function probeEntries(
  tables: ProbeTables,
  gateways: PlacedGateways,
  { devices, unusable, links }: Pick<Observed, "devices" | "unusable" | "links">,
  from: AnswerSources = NO_ANSWERS,
  family: Family = 4,
): ProbeEntries {
  const faulty = new Set(unusable.map(({ gateway }) => gateway));
  const { preference } = tables;
  const end = preference + PROBE_OFFSETS.stray;
  const usable = (gateway: string): UsableGateway | [] => {
    const device = devices.get(gateway);
    return device === undefined || faulty.has(gateway) ? [] : { gateway, device };
  };
  const answerPlace = { preference: preference + PROBE_OFFSETS.answer, table: answerTableOf(tables) };
  const answers =
    family === 4 ? answerEntries(answerPlace, gatewaysAt(gateways).flatMap(usable), links, from) : NO_ENTRIES;
  const lookup = (mark: number, table: number): ProbeRule => {
    return { kind: "mark", family, preference: preference + PROBE_OFFSETS.mark, mark, mask: PATH_MASK, table };
  };
  return {
    tables,
    rules: [
      { kind: "stray", family, preference: end, mark: tables.mark, mask: PROBE_MASK },
      { kind: "unmarked", family, preference, mark: tables.mark, mask: PROBE_MASK, target: end },
      ...gateways.flatMap((gateway, index) =>
        gateway === undefined ? [] : lookup(markOf(tables, index), probeTableOf(tables, index)),
      ),
      ...(tables.bypass ? [lookup(bypassPath(tables).mark, MAIN_TABLE)] : []),
      ...answers.rules,
    ],
    routes: gateways
      .flatMap((gateway, index): Route[] => {
        if (gateway === undefined) return [];
        const place = { family, table: probeTableOf(tables, index), destination: everything(family) } as const;
        const nexthops = [usable(gateway)].flat().map((one) => ({ ...one, weight: 1 }));
        return [
          { ...place, type: "unreachable" as const, metric: LAST_METRICS[family], nexthops: [] },
          ...(nexthops.length === 0 ? [] : [{ ...place, type: "unicast" as const, metric: METRICS[family], nexthops }]),
        ];
      })
      .concat(answers.routes),
  };
}
