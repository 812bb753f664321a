import type { Config, PoolConfig } from "../config/model.ts";
import { inOrder } from "../config/pool-order.ts";
import { formatCidr } from "../net/cidr.ts";
import { sharesOf } from "../routing/shares.ts";
import { type DdnsPlan, gatewayEntry, type PlannedGateway, type PlannedPool, type ServicePlan } from "./planned.ts";
import { casesOf } from "./pool-cases.ts";
import { packetsText, rulesText } from "./pool-text.ts";
import type { RoutingPlan } from "./routing-plan.ts";

/** What would change for one pool. */
interface PoolChanges {
  readonly running: boolean;
  readonly routing: RoutingPlan;
  readonly commands: readonly string[];
  readonly obstacles: readonly string[];
  readonly ddns: DdnsPlan | null;
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
  if (pools.length === 1) return { running, gateways: entries[0]!, kernel, ddns: changes[0]!.ddns };
  const planned = pools.map((pool, index) => plannedPool(config, pool, changes[index]!, entries[index]!));
  return { running, gateways: ofAllPools(config, entries.flat()), kernel, pools: inOrder(planned) };
}

function entriesOf({ gateways }: Config, { gateways: planned }: RoutingPlan): PlannedGateway[] {
  return planned.map((one) =>
    gatewayEntry(
      one,
      gateways.find(({ address }) => address === one.gateway),
    ),
  );
}

/** Each gateway once, without what only one pool does with it. */
function ofAllPools({ gateways }: Config, entries: readonly PlannedGateway[]): PlannedGateway[] {
  return gateways.flatMap(({ address }) => {
    const own = entries.filter((entry) => entry.address === address);
    const [first] = own;
    if (first === undefined) return [];
    const { standby: _, ...rest } = first;
    const leftOut = own.find((entry) => entry.leftOut !== null)?.leftOut ?? null;
    return { ...rest, leftOut, active: own.some(({ active }) => active) };
  });
}

function plannedPool(
  { pools }: Config,
  pool: PoolConfig,
  { running, routing, commands, obstacles, ddns }: PoolChanges,
  entries: readonly PlannedGateway[],
): PlannedPool {
  const { name = "", table, preference, route, excludeCidr, members } = pool;
  const shares = sharesOf(routing.routes.find(({ type }) => type === "unicast")?.nexthops ?? []);
  return {
    ...{ name, asked: inOrder(pools).indexOf(pool) + 1, table, preference, running },
    ...{ rules: rulesText(pool), packets: packetsText(pool) },
    ...{ routes: route.map(formatCidr), excluded: excludeCidr.map(formatCidr) },
    gateways: entries.map((entry, index) => {
      const { weight, tier } = members[index]!;
      return { ...entry, weight, tier, share: shares.find(({ gateway }) => gateway === entry.address)?.share ?? 0 };
    }),
    cases: casesOf(pools, pool),
    ...{ commands, obstacles, ddns },
  };
}
