import { FAMILIES, familyOf, type Family } from "../../net/address.ts";
import { type Cidr, everything, formatCidr, parseHost } from "../../net/cidr.ts";
import type { Packet } from "../rule-lookup.ts";
import { LOCAL_TABLE, MAIN_TABLE } from "../tables.ts";
import { parseInterfaces } from "./addresses.ts";
import { readComplaint } from "./complaint.ts";
import { IpError } from "./error.ts";
import { deviceOf, gatewayOf, type Json, LARGEST, numberInText, readList, stringsOf } from "./fields.ts";
import { readLists, runFor } from "./lists.ts";
import { type Ipv6Origins, ORIGINS, parseOrigins } from "./origins.ts";
import type { PolicyRule } from "../policy-rule.ts";
import { parsePolicyRules, tableName } from "./policy-rules.ts";
import type { ObservedRoute } from "../types.ts";
import { MARKED_ROUTES, parseMarked, parseRoutes, typeOf } from "./routes.ts";
import { runIp } from "./run.ts";

/** Everything that decides where packets go. */
export interface RulesAndRoutes {
  /** In the order in which the kernel evaluates them. */
  readonly rules: readonly PolicyRule[];
  readonly routes: readonly ObservedRoute[];
}

/** The kernel's route for one packet, or why it has none. */
export type RouteAnswer =
  | {
      readonly ok: true;
      readonly type: string;
      /** Its name where every system has one, else its number. */
      readonly table: string;
      readonly gateway: string | undefined;
      readonly device: string | undefined;
      /** Whether an ICMP redirect has replaced the gateway of the route (accept_redirects). */
      readonly redirected: boolean;
    }
  | { readonly ok: false; readonly why: string };

/**
 * Reads all rules, and of all tables the routes whose destination contains an address.
 *
 * @throws {IpError} when `ip` cannot list them; all functions here change nothing and throw the same
 */
export async function readRulesAndRoutes(address: string): Promise<RulesAndRoutes> {
  const family = familyOf(address);
  const show = `route show table all match ${formatCidr(parseHost(address)!)}`;
  const [rules = "", routes = ""] = await readLists(runFor(family, runIp), ["rule show", show]);
  return { rules: parsePolicyRules(rules), routes: parseRoutes(routes, MAIN_TABLE, family) };
}

/** Networks of the addresses of a family on this machine's interfaces. */
export async function readConnected(family: Family): Promise<readonly Cidr[]> {
  const [addresses = ""] = await readLists(runFor(family, runIp), ["address show"]);
  return parseInterfaces(addresses, family).connected;
}

/**
 * The interfaces of the main table's default route, of a multipath one several; none where there is no such route. In IPv6
 * there may be several of one metric, such as one from each router that advertises itself.
 */
export async function readDefaultDevices(family: Family = 4): Promise<string[]> {
  const exact = `route show table ${MAIN_TABLE} exact ${formatCidr(everything(family))}`;
  const [list = ""] = await readLists(runFor(family, runIp), [exact]);
  const routes = parseRoutes(list, MAIN_TABLE, family).toSorted((a, b) => a.metric - b.metric);
  const [first] = routes;
  const best = family === 4 ? routes.slice(0, 1) : routes.filter(({ metric }) => metric === first?.metric);
  const devices = best.flatMap(({ type, nexthops }) => (type === "unicast" ? nexthops : []));
  return [...new Set(devices.flatMap(({ device }) => device ?? []))];
}

/** Reads the routes of the main table to a network, whatever their metrics. */
export async function readMainRoutesTo(network: Cidr): Promise<ObservedRoute[]> {
  const { family } = network.address;
  const [list = ""] = await readLists(runFor(family, runIp), [
    `route show table ${MAIN_TABLE} exact ${formatCidr(network)}`,
  ]);
  return parseRoutes(list, MAIN_TABLE, family);
}

/** Reads where the IPv6 addresses and default routes of interfaces are from. */
export async function readIpv6Origins(): Promise<Ipv6Origins> {
  return parseOrigins(await readLists(runFor(6, runIp), ORIGINS));
}

/** Reads the routes of all tables that have our mark. */
export async function readMarkedRoutes(family: Family = 4): Promise<ObservedRoute[]> {
  const [routes = ""] = await readLists(runFor(family, runIp), [MARKED_ROUTES]);
  return parseMarked(routes, family);
}

/** Reads all routes of some tables, which other programs hardly use. */
export async function readTables(tables: readonly number[], family: Family = 4): Promise<ObservedRoute[]> {
  const lists = await readLists(
    runFor(family, runIp),
    tables.map((table) => `route show table ${table}`),
  );
  return lists.flatMap((list, index) => parseRoutes(list, tables[index]!, family));
}

/**
 * Whether machines answered when the kernel asked for their link-layer addresses (ARP, NDP), by address; none that the kernel
 * has not asked lately. An old entry (STALE, DELAY, PROBE) outlives its machine, and a fixed one (PERMANENT, NOARP) was
 * never asked for.
 */
export async function readNeighbours(families: readonly Family[] = [4]): Promise<ReadonlyMap<string, boolean>> {
  const lists = families.map((family) => readLists(runFor(family, runIp), ["neigh show"]));
  return new Map((await Promise.all(lists)).flatMap(([list = ""]) => [...parseNeighbours(list)]));
}

/** Neighbours from `ip -j neigh show` of either family. */
export function parseNeighbours(json: string): Map<string, boolean> {
  return new Map(
    readList(json).flatMap((entry): [string, boolean][] => {
      const address = neighbourIn(entry);
      const answered = stringsOf(entry["state"]).map((state) => ANSWERED[state]);
      const known = answered.find((one) => one !== undefined);
      return address === undefined || known === undefined ? [] : [[address, known]];
    }),
  );
}

function neighbourIn({ dst, dev }: Json): string | undefined {
  return FAMILIES.flatMap((family) => gatewayOf(dst, deviceOf(dev), family) ?? [])[0];
}

/** By the state of the entry (neighbour unreachability detection, include/net/neighbour.h). */
const ANSWERED: Readonly<Record<string, boolean>> = { REACHABLE: true, INCOMPLETE: false, FAILED: false };

/** The kernel's own route for a packet. */
export async function askRoute(packet: Packet): Promise<RouteAnswer> {
  const { from, iif, oif, protocol, sport, dport, mark, flowLabel } = packet;
  const [to] = packet.to.split("%") as [string];
  return getRoute([
    to,
    ...(from === undefined ? [] : ["from", from]),
    ...(iif === "lo" ? [] : ["iif", iif]),
    ...(oif === undefined ? [] : ["oif", oif]),
    ...(mark === undefined ? [] : ["mark", String(mark)]),
    ...["ipproto", String(protocol)],
    ...(sport === undefined ? [] : ["sport", String(sport)]),
    ...(dport === undefined ? [] : ["dport", String(dport)]),
    ...(flowLabel === undefined ? [] : ["flowlabel", String(flowLabel)]),
  ]);
}

/** The interface on which packets from an address come in: the one that leads to it, or `lo` for one of this machine. */
export async function interfaceTowards(address: string): Promise<string | undefined> {
  const answer = await getRoute([address]);
  if (!answer.ok) return undefined;
  return answer.type === "local" ? "lo" : answer.device;
}

async function getRoute(args: readonly [to: string, ...string[]]): Promise<RouteAnswer> {
  const family = familyOf(args[0]);
  const { stdout, stderr, failed } = await runIp(["-j", "route", "get", ...args], "", family);
  if (!failed) return parseAnswer(stdout, family);
  if (args.includes("flowlabel") && WITHOUT_FLOW_LABELS.test(stderr)) throw new IpError("failed", NO_FLOW_LABELS);
  return { ok: false, why: readComplaint(stderr).reason };
}

/** A word that a release of `ip` does not know is another destination to it; a kernel names the attribute. */
const WITHOUT_FLOW_LABELS = /rather than "flowlabel"|attribute/i;

const NO_FLOW_LABELS =
  "cannot ask for the route of a flow label, for which iproute2 6.14 and Linux 6.14 are needed; leave out -flow-label";

/** The route from `ip -j -N route get ...`. */
export function parseAnswer(json: string, family: Family = 4): RouteAnswer & { readonly ok: true } {
  const [entry = {}]: readonly Json[] = readList(json);
  const device = deviceOf(entry["dev"]);
  const type = typeOf(entry);
  return {
    ok: true,
    type,
    table: tableName(numberInText(entry["table"], LARGEST) ?? (type === "local" ? LOCAL_TABLE : MAIN_TABLE)),
    gateway: gatewayOf(entry["gateway"], device, family),
    device,
    redirected: stringsOf(entry["cache"]).includes("redirected"),
  };
}
