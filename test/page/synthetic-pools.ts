/** Pools of synthetic services: who carries their traffic follows from the state of their gateways. */
import type { Gateway, Member, Moment, Pool, Report } from "../../src/status/schema.ts";
import { verdictOf } from "../../src/status/verdict.ts";

export interface SyntheticPool {
  readonly name: string;
  /** Its gateways, numbered from 1, with their weights; 1 by default. */
  readonly members: readonly number[];
  readonly weights?: readonly number[];
  /** Those of tier 2. */
  readonly tier2?: readonly number[];
  readonly from?: readonly string[];
  readonly in?: readonly string[];
  readonly mark?: string;
  readonly excluded?: readonly string[];
  /** Whether packets are rejected while no member is usable. */
  readonly rejects?: boolean;
  /** How many should be healthy. */
  readonly least?: number;
  /** The DNS name that it keeps. */
  readonly hostname?: string;
}

export function poolsOf(
  pools: readonly SyntheticPool[],
  gateways: readonly Gateway[],
  standing: Report,
  seen: Moment,
): Pool[] {
  return pools.map((pool, index) => {
    const used = pool.members.map((number) => gateways[number - 1]!);
    return poolOf(pool, { used, standing, seen, table: 180 + index, preference: 10888 + 8 * index });
  });
}

interface Place {
  readonly used: readonly Gateway[];
  readonly standing: Report;
  readonly seen: Moment;
  readonly table: number;
  readonly preference: number;
}

function poolOf(pool: SyntheticPool, { used, standing, seen, table, preference }: Place): Pool {
  const { name, from = [], in: devices = [], mark = null, excluded = [], tier2 = [], least, hostname } = pool;
  const whenNoGateways = pool.rejects ? "unreachable" : "fall-through";
  const members = membersOf(pool, used);
  const usable = members.filter((one) => one.usable).length;
  const carrying = members.filter(({ carriesTraffic }) => carriesTraffic);
  const tierOf = (tier: number) => {
    const all = members.filter((one) => one.tier === tier);
    return { tier, usable: all.filter((one) => one.usable).length, total: all.length };
  };
  const inUse = [...new Set(carrying.map(({ tier }) => tier))];
  const tiers = tier2.length === 0 ? undefined : { inUse, failback: null, all: [tierOf(1), tierOf(2)] };
  const asUsed = members.map((member, index) => ({ ...used[index]!, ...member, drained: used[index]!.drained! }));
  return {
    name,
    ...verdictOf(asUsed, standing, whenNoGateways, { tiers }),
    selectors: { from: [...from], in: [...devices], mark },
    destinations: ["0.0.0.0/0"],
    excluded: { networks: [...excluded], more: 0, reserved: true },
    quorum: least === undefined ? null : { least, policy: "keep", missed: usable < least },
    usable,
    members,
    ...(tiers && { tiers }),
    routing: {
      ...{ standing, table, preference, whenNoGateways, seen },
      rule: true,
      rejectsIpv6: false,
      guardRules: pool.rejects ? 1 : 0,
      routes: routesOf(carrying, pool.rejects ?? false),
      precedingRules: [],
      exclusions: 17 + excluded.length,
    },
    ddns: hostname === undefined ? null : ddnsOf(hostname, seen),
  };
}

function membersOf({ members, weights = [], tier2 = [] }: SyntheticPool, used: readonly Gateway[]): Member[] {
  const tierOf = (number: number): number => (tier2.includes(number) ? 2 : 1);
  const isUsable = ({ state, leftOut, drained }: Gateway): boolean => state === "up" && leftOut === null && !drained;
  const all = used.map((gateway, index) => {
    return { gateway, weight: weights[index] ?? 1, tier: tierOf(members[index]!), usable: isUsable(gateway) };
  });
  const best = Math.min(...all.filter(({ usable }) => usable).map(({ tier }) => tier));
  const total = all.reduce((sum, { usable, tier, weight }) => sum + (usable && tier === best ? weight : 0), 0);
  return all.map(({ gateway, weight, tier, usable }) => {
    const { address, name, leftOut, held, kept, publicAddress, drained } = gateway;
    const carriesTraffic = usable && tier === best;
    return {
      gateway: address,
      ...(name !== undefined && { name }),
      ...{ weight, tier, usable, leftOut, held, kept, publicAddress, carriesTraffic },
      drained: drained !== undefined,
      standby: usable && tier !== best,
      share: carriesTraffic ? weight / total : 0,
    };
  });
}

function routesOf(carrying: readonly Member[], rejects: boolean): Pool["routing"]["routes"] {
  const route = { destination: "0.0.0.0/0", nexthops: [], shares: [] };
  const end = rejects ? [{ ...route, type: "unreachable", metric: 4294967295 }] : [];
  if (carrying.length === 0) return end;
  const shares = carrying.map(({ gateway, share }) => ({ gateway, share }));
  const nexthops = carrying.map(({ gateway, weight }) => ({ gateway, device: "eth0", weight }));
  return [{ ...route, type: "unicast", metric: 0, nexthops, shares }, ...end];
}

function ddnsOf(hostname: string, lastSuccess: Moment): Pool["ddns"] {
  return {
    ...{ provider: "DynuDNS", hostname, lastSuccess },
    ...{ onDuty: true, ok: true, addresses: ["203.0.113.7"], pending: null, lastError: null, nextTrySeconds: 512 },
  };
}
