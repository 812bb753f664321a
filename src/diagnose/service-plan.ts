import { type FamilyConfig, inEachFamily, memberAddresses, namedAddresses } from "../config/families.ts";
import type { Config, PoolConfig } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { formatCidr } from "../net/cidr.ts";
import { gatewayEntry, type PlannedNames, type PlannedGateway, type PlannedPool, type ServicePlan } from "./planned.ts";
import { casesOf, type PoolCases } from "./pool-cases.ts";
import { packetsText, rulesText } from "./pool-text.ts";
import type { RoutingPlan } from "./routing-plan.ts";

/** What would change for one pool. */
interface PoolChanges extends PlannedNames {
  readonly running: boolean;
  readonly routing: RoutingPlan;
  readonly commands: readonly string[];
  readonly obstacles: readonly string[];
}

/** What belongs to no pool. */
interface OfMachine {
  readonly cleaning: readonly string[];
  readonly removal: readonly string[];
  readonly obstacles: readonly string[];
}

/** The plan of a service in the form of `-json`. @param changes those of each pool */
export function servicePlanOf(config: Config, changes: readonly PoolChanges[], machine: OfMachine): ServicePlan {
  const { pools } = config;
  const ordered = inOrder(pools).map((pool) => changes[pools.indexOf(pool)]!);
  const kernel = {
    commands: ordered.flatMap(({ commands }) => commands),
    ...(machine.removal.length > 0 && { removal: machine.removal }),
    cleaning: machine.cleaning,
    obstacles: [...machine.obstacles, ...ordered.flatMap(({ obstacles }) => obstacles)],
  };
  const running = changes.every((one) => one.running);
  const entries = changes.map(({ routing }) => entriesOf(config, routing));
  if (pools.length === 1) return { running, gateways: entries[0]!, kernel, ...namesIn(changes[0]!) };
  const families = inEachFamily(config);
  const asked = inOrder(pools);
  const planned = pools.map((pool, index) => ({
    ...{ name: pool.name ?? "", asked: asked.indexOf(pool) + 1 },
    ...plannedPool(pool, families, changes[index]!, entries[index]!),
  }));
  return { running, gateways: ofAllPools(config, entries.flat()), kernel, pools: inOrder(planned) };
}

function entriesOf({ gateways }: Config, { gateways: planned }: RoutingPlan): PlannedGateway[] {
  const named = namedAddresses(gateways);
  return planned.map((one) =>
    gatewayEntry(
      one,
      named.find(({ address }) => address === one.gateway),
    ),
  );
}

/** Each address of a gateway once, without what only one pool does with it. */
function ofAllPools({ gateways }: Config, entries: readonly PlannedGateway[]): PlannedGateway[] {
  return namedAddresses(gateways).flatMap(({ address }) => {
    const own = entries.filter((entry) => entry.address === address);
    const [first] = own;
    if (first === undefined) return [];
    const { standby: _, ...rest } = first;
    const leftOut = own.find((entry) => entry.leftOut !== null)?.leftOut ?? null;
    return { ...rest, leftOut, active: own.some(({ active }) => active) };
  });
}

function plannedPool(
  pool: PoolConfig,
  families: readonly FamilyConfig[],
  { running, routing, commands, obstacles, ...names }: PoolChanges,
  entries: readonly PlannedGateway[],
): Omit<PlannedPool, "name" | "asked"> {
  const { table, preference, route, excludeCidr, members } = pool;
  const [cases, cases6] = families.flatMap((one) => casesIn(one, pool) ?? []);
  return {
    ...{ table, preference, running },
    ...{ rules: rulesText(pool), packets: packetsText(pool) },
    ...{ routes: route.map(formatCidr), excluded: excludeCidr.map(formatCidr) },
    gateways: entries.map((entry) => {
      const { weight, tier } = members.find((member) => memberAddresses(member).includes(entry.address))!;
      const share = routing.shares.find(({ gateway }) => gateway === entry.address)?.share ?? 0;
      return { ...entry, weight, tier, share };
    }),
    cases: cases!,
    ...(cases6 && { cases6 }),
    ...{ commands, obstacles, ...namesIn(names) },
  };
}

function namesIn({ ddns, dnsNames }: PlannedNames): PlannedNames {
  return { ddns, ...(dnsNames && { dnsNames }) };
}

/** What happens to the packets of a pool in a family; undefined where it routes nothing of it. */
function casesIn({ family, config: { pools } }: FamilyConfig, { table }: PoolConfig): PoolCases | undefined {
  const pool = pools.find((one) => one.table === table);
  return pool && casesOf(pools, pool, family);
}
