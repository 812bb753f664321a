import { type Cidr, parseHost } from "../../net/cidr.ts";
import { quote } from "../../text/escape.ts";
import { routedFamilies } from "../destinations.ts";
import { blockIpv6Rules } from "../family-rules.ts";
import { FAMILY_LIMITS, MOST_GATEWAYS, MOST_POOLS } from "../limits.ts";
import { allAddresses, type Member, type PoolConfig } from "../model.ts";
import type { Place, PlacePools } from "../pool-places.ts";
import type { Selectors } from "../../routing/selectors.ts";
import { destinationRules, markerRules, type NameOf, tableRules, whenNoGatewaysRules } from "../rules.ts";
import type { DnsNamesOf } from "./ddns.ts";
import type { Document } from "./document.ts";
import { type FoundGateway, meantBy } from "./gateways.ts";
import { reportCounts, reportFamilies, sourcesOf } from "./pool-families.ts";
import { type Findings, sound } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { type MemberValues, POOL } from "./tables.ts";

type ReadPool = Document["pools"][number];

/** Where the pools of a file are placed. */
export interface Placement {
  /** That of the first one. */
  readonly first: Place;
  readonly placesOf: PlacePools;
}

/** The pools of a file. */
export function poolsOf(
  all: readonly ReadPool[],
  gateways: readonly FoundGateway[],
  { first, placesOf }: Placement,
  dnsNames: DnsNamesOf,
  findings: Findings,
): PoolConfig[] {
  const read = all.slice(0, MOST_POOLS);
  if (all.length > MOST_POOLS) {
    findings.report(all[MOST_POOLS]!.path, `${POOL.title}: ${all.length} pools; ${MOST_POOLS} is the most`);
  }
  reportNames(read, findings);
  const wishes = read.map(({ values: { table, preference }, values }) => {
    const { name } = values;
    return { ...(name !== undefined && { name }), selectors: selectorsOf(values), table, preference };
  });
  const places = placesOf(wishes, first);
  return read.map((pool, index) => {
    const isAlone = read.length === 1;
    const members = membersOf(pool, gateways, findings);
    const wanted = pool.values.members?.length ?? gateways.length;
    const hosts = gateways.flatMap(allAddresses).map((text) => parseHost(text)!);
    reportPoolRules(pool, wanted, hosts, isAlone ? places[index] : undefined, findings);
    if (members.length === wanted) reportFamilies(pool, members, findings);
    const { name, ownTrackFile, from: _from, in: _in, mark: _mark, members: _members, ...rest } = whole(pool.values);
    return {
      ...{ ...rest, route: sound(rest.route), excludeCidr: sound(rest.excludeCidr) },
      markerRoute: sound(rest.markerRoute),
      dnsNames: dnsNames(pool, members),
      ...(name !== undefined && { name }),
      ...(ownTrackFile !== undefined && { ownTrackFile }),
      ...{ members, gateways: members.map(({ gateway }) => gateway), selectors: selectorsOf(pool.values) },
      ...places[index]!,
    };
  });
}

/** Which packets use a pool, each source and interface once: the kernel has no second rule for the same packets. */
function selectorsOf({ from, route, blockIpv6, in: devices = [], mark }: ReadPool["values"]): Selectors {
  const routed = routedFamilies({ route: sound(route) });
  return {
    from: sourcesOf(sound(from), blockIpv6 ? [...routed, 6] : routed),
    in: [...new Set(sound(devices))],
    ...(mark !== undefined && { mark }),
  };
}

/** @param place that of a pool that is alone; what several pools need beside each other has rules of its own */
function reportPoolRules(
  pool: ReadPool,
  members: number,
  hosts: readonly Cidr[],
  place: Place | undefined,
  findings: Findings,
): void {
  const { values, path, title, given } = pool;
  for (const key of ["minHealthy", "usableMin"] as const) {
    const [least, { name }] = [values[key] ?? 0, POOL.keys[key]];
    if (members === 0 || least <= members) continue;
    const count = members === 1 ? "is only 1 member" : `are only ${members} members`;
    findings.report([...path, name], `${title} ${name} ${least}: there ${count}; lower it`);
  }
  const isEmpty = values.route?.length === 0;
  if (isEmpty) {
    const text = `${title} routes: expected at least one; without this key, all destinations are routed`;
    findings.report([...path, "routes"], text);
  }
  const usable = {
    ...values,
    ...(given.has("table") && place && { firstRoutingTableId: place.table }),
    ...(place && { firstRulePreference: place.preference }),
  };
  const ofPlace: NameOf = (key) => (key === "firstRoutingTableId" ? "table" : "preference");
  reportRules(
    pool,
    POOL,
    findings,
    function* (name) {
      yield* tableRules(usable, name);
      yield* whenNoGatewaysRules(usable, name);
      yield* markerRules(values, hosts, name);
      yield* blockIpv6Rules(values, values.from ?? [], name);
      if (!isEmpty) yield* destinationRules(values, `entry of ${name("route")}`, name);
    },
    ofPlace,
  );
}

/** The gateways as a pool uses them: all of them where none is named. */
function membersOf({ title, path, values }: ReadPool, gateways: readonly FoundGateway[], findings: Findings): Member[] {
  const { members } = values;
  const all = members ?? gateways.map(({ address }) => ({ gateway: address, weight: 1, tier: 1 }));
  const at = [...path, "members"];
  if (members?.length === 0)
    findings.report(at, `${title} members: expected at least one; without this key, all gateways are members`);
  if (all.length > MOST_GATEWAYS) {
    findings.report(at, `${title}: ${all.length} members, but ${FAMILY_LIMITS[4]}; leave some out`);
  }
  const names = gateways.flatMap(({ name }) => name ?? []);
  const seen = new Set<string>();
  const found = all.slice(0, MOST_GATEWAYS).flatMap((member: Partial<MemberValues>, index): Member | [] => {
    const { gateway: text, weight = 1, tier = 1 } = member;
    if (text === undefined) return []; // reported already
    const match = gateways.find((gateway) => gateway.name === text || allAddresses(gateway).includes(text));
    const report = (problem: string): void =>
      findings.report([...at, index], `${title} members ${quote(text)}: ${problem}`);
    if (!match) {
      report(`there is no such [[gateway]]; ${meantBy(text, names)}`);
      return [];
    }
    if (seen.has(match.address)) report("given twice; remove one");
    seen.add(match.address);
    const { address, address6, name } = match;
    return {
      gateway: address,
      ...(address6 !== undefined && { address6 }),
      ...(name !== undefined && { name }),
      ...{ weight, tier },
    };
  });
  if (all.length <= MOST_GATEWAYS) reportCounts(title, at, found, findings);
  return found;
}

function reportNames(read: readonly ReadPool[], findings: Findings): void {
  const names = new Map<string, ReadPool>();
  for (const pool of read) {
    const { path, values, given } = pool;
    const { name } = values;
    if (read.length > 1 && !given.has("name")) {
      findings.report(path, '[[pool]]: name is missing, which each of several pools needs; write name = "NAME"');
    }
    if (name === undefined) continue;
    const namesake = names.get(name);
    if (namesake) {
      const line = findings.lineOf([...namesake.path, "name"]);
      findings.report(
        [...path, "name"],
        `[[pool]] name ${quote(name)}: already the name of the pool in line ${line}; rename one of the two`,
      );
    }
    names.set(name, namesake ?? pool);
  }
}
