import { quote } from "../../text/escape.ts";
import type { Member, PoolConfig } from "../model.ts";
import { destinationRules, type NameOf, tableRules, whenNoGatewaysRules } from "../rules.ts";
import type { DdnsOf } from "./ddns.ts";
import type { Document } from "./document.ts";
import { type FoundGateway, meantBy } from "./gateways.ts";
import { PREFERENCES_OF_POOL } from "./places.ts";
import type { Findings } from "./read.ts";
import { reportRules, whole } from "./report-rules.ts";
import { type MemberValues, POOL } from "./tables.ts";

type ReadPool = Document["pools"][number];

/** One route holds at most so many: iproute2 cannot list larger ones. */
const MOST_MEMBERS = 160;

/** The first table and the first preference, from which those of the pools follow. */
export interface FirstPlaces {
  readonly table: number | undefined;
  readonly preference: number | undefined;
}

/** The pools of a file. */
export function poolsOf(
  read: readonly ReadPool[],
  gateways: readonly FoundGateway[],
  first: FirstPlaces,
  ddns: DdnsOf,
  findings: Findings,
): PoolConfig[] {
  reportNames(read, findings);
  const pools = read.map((pool, index) => poolOf(pool, index, gateways, first, ddns, findings));
  reportSharedPlaces(read, pools, findings);
  return pools;
}

function poolOf(
  pool: ReadPool,
  index: number,
  gateways: readonly FoundGateway[],
  first: FirstPlaces,
  ddns: DdnsOf,
  findings: Findings,
): PoolConfig {
  const members = membersOf(pool, gateways, findings);
  const { name, from, in: interfaces, mark, table, preference, members: _, ...rest } = whole(pool.values);
  const places = {
    table: table ?? (first.table ?? 0) + index,
    preference: preference ?? (first.preference ?? 0) + PREFERENCES_OF_POOL * index,
  };
  reportPoolRules(pool, pool.values.members?.length ?? gateways.length, places, findings);
  return {
    ...rest,
    ...ddns(pool),
    ...(name !== undefined && { name }),
    ...{ members, ...places, gateways: members.map(({ gateway }) => gateway) },
    selectors: { from, in: interfaces, ...(mark !== undefined && { mark }) },
  };
}

function reportPoolRules(
  pool: ReadPool,
  members: number,
  { table, preference }: Pick<PoolConfig, "table" | "preference">,
  findings: Findings,
): void {
  const { values, path, title, given } = pool;
  const minHealthy = values.minHealthy ?? 0;
  if (members > 0 && minHealthy > members) {
    const count = members === 1 ? "is only 1 member" : `are only ${members} members`;
    findings.report([...path, "min-healthy"], `${title} min-healthy ${minHealthy}: there ${count}; lower it`);
  }
  const own: NameOf = (key) =>
    key === "firstRulePreference" ? "preference" : key === "firstRoutingTableId" ? "table" : key;
  const usable = {
    ...values,
    ...(given.has("table") && { firstRoutingTableId: table }),
    firstRulePreference: preference,
  };
  reportRules(
    pool,
    POOL,
    findings,
    function* (name) {
      yield* tableRules(usable, name);
      yield* whenNoGatewaysRules(usable, name);
      yield* destinationRules(values, `entry of ${name("route")}`, name);
    },
    own,
  );
}

/** The gateways as a pool uses them: all of them where none is named. */
function membersOf({ title, path, values }: ReadPool, gateways: readonly FoundGateway[], findings: Findings): Member[] {
  const { members } = values;
  const all = members ?? gateways.map(({ address }) => ({ gateway: address, weight: 1, tier: 1 }));
  const at = [...path, "members"];
  if (members?.length === 0)
    findings.report(at, `${title} members: expected at least one; without this key, all gateways are members`);
  if (all.length > MOST_MEMBERS) {
    findings.report(
      at,
      `${title}: ${all.length} members, but one route holds at most ${MOST_MEMBERS} (iproute2 cannot list larger ones); leave some out`,
    );
  }
  const names = gateways.flatMap(({ name }) => name ?? []);
  const seen = new Set<string>();
  return all.flatMap((member: Partial<MemberValues>, index) => {
    const { gateway: text, weight = 1, tier = 1 } = member;
    if (text === undefined) return []; // reported already
    const found = gateways.find(({ name, address }) => name === text || address === text);
    const given = `${title} members ${quote(text)}`;
    if (!found) findings.report([...at, index], `${given}: there is no such [[gateway]]; ${meantBy(text, names)}`);
    else if (seen.has(found.address)) findings.report([...at, index], `${given}: given twice; remove one`);
    if (!found) return [];
    seen.add(found.address);
    return { gateway: found.address, ...(found.name !== undefined && { name: found.name }), weight, tier };
  });
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

/** Tables and preferences that two pools would share. */
function reportSharedPlaces(read: readonly ReadPool[], pools: readonly PoolConfig[], findings: Findings): void {
  for (const [index, { table, preference }] of pools.entries()) {
    const { path, title } = read[index]!;
    for (const [earlier, other] of pools.slice(0, index).entries()) {
      const line = `the pool in line ${findings.lineOf(read[earlier]!.path)}`;
      if (table === other.table) {
        findings.report([...path, "table"], `${title} table ${table}: already that of ${line}; choose another`);
      }
      if (Math.abs(preference - other.preference) < PREFERENCES_OF_POOL) {
        const text = `${title} preference ${preference}: less than ${PREFERENCES_OF_POOL} away from ${other.preference} of ${line}; choose one that is ${PREFERENCES_OF_POOL} or more away`;
        findings.report([...path, "preference"], text);
      }
    }
  }
}
