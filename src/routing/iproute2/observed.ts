import type { Reading } from "../kernel.ts";
import { isMarkerOf } from "../marker.ts";
import { gatewaysAt, isProbeTable, type PlacedGateways, probeTableIds } from "../probe-tables.ts";
import type { Observed, ObservedRoute } from "../types.ts";
import { parseInterfaces } from "./addresses.ts";
import { homesOfOthers, parsePaths, withoutInterface } from "./gateway-paths.ts";
import { parsePolicyRules } from "./policy-rules.ts";
import { parseNexthops, withHops } from "./nexthops.ts";
import { MARKED_ROUTES, parseMarked, parseRoutes } from "./routes.ts";
import { rulesAmong } from "./rules.ts";

/** The commands that list all that is read at once, but for the look-ups of gateways. */
export function listsOf(readings: readonly Reading[]): string[] {
  const marked = readings.some(needsMarked) ? [MARKED_ROUTES] : [];
  const tables = [...readings.map(({ table }) => table), ...probeTablesIn(readings)];
  return ["rule show", "address show", ...marked, ...tables.map((table) => `route show table ${table}`)];
}

/** Whether the routes with our mark are needed, of whatever table. The kernel lists no others then. */
function needsMarked({ probes, markers }: Reading): boolean {
  return probes !== undefined || markers === true;
}

/** The tables for probes through the gateways of each reading, and for answers. */
function probeTablesIn(readings: readonly Reading[]): number[] {
  return [...new Set(readings.flatMap(usedTablesOf))];
}

function usedTablesOf({ probes, gateways }: Reading): number[] {
  return probes === undefined ? [] : probeTableIds(probes, gateways);
}

/** All gateways that are looked up, each once. */
export function gatewaysOf(readings: readonly Reading[]): string[] {
  return [...new Set(readings.flatMap(({ gateways }) => gatewaysAt(gateways)))];
}

/**
 * Everything that is observed at once, from the lists of one `ip -batch` run: those of `listsOf`, then one answer for each
 * gateway that has a route.
 *
 * @param readings all of one family
 * @param blocked gateways whose look-up was rejected
 * @param nexthops the list of nexthop objects, in IPv6
 * @returns what belongs to each reading
 */
export function parseObserved(
  lists: readonly string[],
  readings: readonly Reading[],
  blocked: readonly string[] = [],
  nexthops?: string,
): Observed[] {
  const family = readings[0]?.family ?? 4;
  const [rules = "", addresses = "", ...rest] = lists;
  const hasMarked = readings.some(needsMarked);
  const marked = parseMarked(hasMarked ? (rest.shift() ?? "") : "", family);
  const probeTables = probeTablesIn(readings);
  const shown = rest.slice(readings.length, readings.length + probeTables.length);
  const answers = rest.slice(readings.length + probeTables.length);
  const policies = parsePolicyRules(rules);
  const tables = readings.map(({ table }) => table);
  const common = { rules: rulesAmong(policies, family), policies, ...parseInterfaces(addresses, family) };
  const gateways = gatewaysOf(readings);
  const found = parsePaths(gateways, answers, tables, blocked);
  const homes = family === 4 ? [] : homesOfOthers(gateways, found, common.links);
  const absent = withoutInterface(gateways, common.links);
  const others = found.unusable.filter(({ gateway }) => !absent.some((one) => one.gateway === gateway));
  const paths = { unusable: [...others, ...absent], devices: new Map([...found.devices, ...homes]) };
  const inProbeTables = shown.flatMap((list, index) => parseRoutes(list, probeTables[index]!, family));
  return readings.map((reading, index) => ({
    ...common,
    ...tableOf(rest[index] ?? "", reading, nexthops),
    probeRoutes: probeRoutesOf(reading, inProbeTables, marked),
    ...(reading.markers && { markers: marked.filter((route) => isMarkerOf(route, reading.table)) }),
    ...pathsTo(reading.gateways, paths),
  }));
}

/** The routes of the table of a reading, and its nexthop objects, where these were read. */
function tableOf(list: string, { table, family }: Reading, nexthops?: string): Pick<Observed, "routes" | "nexthops"> {
  const routes = parseRoutes(list, table, family);
  if (nexthops === undefined) return { routes };
  const objects = parseNexthops(nexthops, table);
  return { routes: routes.map((route) => withHops(route, objects)), nexthops: objects };
}

/** What is known of the paths to some of the gateways. */
export function pathsTo(
  gateways: PlacedGateways,
  { devices, unusable }: Pick<Observed, "devices" | "unusable">,
): Pick<Observed, "devices" | "unusable"> {
  const wanted = new Set(gateways);
  return {
    devices: new Map([...devices].filter(([gateway]) => wanted.has(gateway))),
    unusable: unusable.filter(({ gateway }) => wanted.has(gateway)),
  };
}

/** All routes of the tables for probes that are in use, and those with our mark in the others, which an earlier run has left. */
function probeRoutesOf(
  reading: Reading,
  shown: readonly ObservedRoute[],
  marked: readonly ObservedRoute[],
): ObservedRoute[] {
  const { probes } = reading;
  if (probes === undefined) return [];
  const used = new Set(usedTablesOf(reading));
  const left = marked.filter(({ table }) => isProbeTable(table, probes) && !used.has(table));
  return [...shown.filter(({ table }) => used.has(table)), ...left];
}
