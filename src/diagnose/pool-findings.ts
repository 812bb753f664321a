import type { Config, PoolConfig } from "../config/model.ts";
import { includes, inOrder, overlap } from "../config/pool-order.ts";
import { tierRulesOf } from "../config/tiers.ts";
import { haveNames } from "../events/per-pool.ts";
import type { Family } from "../net/address.ts";
import { contains, everything, subtract } from "../net/cidr.ts";
import { type Selection, selectGateways } from "../pool/select.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { textsOf } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { casesOf, type TierCase } from "./pool-cases.ts";
import { packetsText, percentText, withoutGatewaysText } from "./pool-text.ts";

/** Gateways that a sentence names at most. */
const MOST_NAMED = 8;

/** What is known of all gateways. */
export interface GatewayStates {
  /** Those that the service would find up. */
  readonly up: ReadonlySet<string>;
  /** Those that cannot be nexthops. */
  readonly unusable: ReadonlySet<string>;
  readonly drained: ReadonlySet<string>;
}

/** Whether each pool with a name has gateways that it can use, and of which tier; nothing about one without a name. */
export function checkPools(config: Config, states: GatewayStates, count = config.pools.length): Finding[] {
  if (!haveNames(config.pools)) return [];
  return inOrder(withGateways(config)).map((pool) => inPool(count, pool, poolFinding(config, pool, states)));
}

/** Pools that reject packets of a family have no gateways there. */
function withGateways({ pools }: Pick<Config, "pools">): PoolConfig[] {
  return pools.filter(({ members }) => members.length > 0);
}

function poolFinding(config: Config, pool: PoolConfig, { up, unusable, drained }: GatewayStates): Finding {
  const topic = "gateways";
  const { gateways, minHealthy: least, minHealthyPolicy: policy } = pool;
  const healthy = new Set(gateways.filter((gateway) => up.has(gateway)));
  const state = { gateways, healthy, holds: new Map(), lost: [], drained };
  const selection = selectGateways(state, { least, policy }, unusable, tierRulesOf(pool));
  const usable = [...healthy].filter((gateway) => !unusable.has(gateway) && !drained.has(gateway));
  const failing = gateways.filter((gateway) => !usable.includes(gateway) && !drained.has(gateway));
  const out = gateways.filter((gateway) => drained.has(gateway));
  const textOf = textsOf(config.gateways);
  const seeOthers = `see the findings about ${list((failing.length > 0 ? failing : out).map(textOf), MOST_NAMED)}`;
  const count = `${usable.length} of ${gateways.length} gateways usable${out.length > 0 ? `, ${out.length} drained` : ""}`;
  if (selection.used.every((gateway) => unusable.has(gateway))) {
    const { withoutGateways } = casesOf(config.pools, pool);
    const remedy = failing.length > 0 ? seeOthers : `undrain ${list(out.map(textOf), MOST_NAMED)}`;
    return failure(topic, `${count}: packets ${withoutGatewaysText(withoutGateways)}`, remedy);
  }
  const tier = tierText(selection);
  if (tier !== undefined) return warning(topic, `${count}: ${tier}`, seeOthers);
  if (selection.shortage) return warning(topic, `${count}, fewer than min-healthy ${least}`, seeOthers);
  return fine(topic, `${count}; for ${packetsText(pool)}`);
}

/** That another tier than the best one carries the traffic; undefined where that is not so. */
function tierText({ tiers }: Selection): string | undefined {
  const [best] = tiers?.counts ?? [];
  if (!tiers || !best || tiers.inUse === undefined || tiers.inUse === best.tier) return undefined;
  return `tier ${tiers.inUse} carries traffic, since tier ${best.tier} has ${best.usable} of ${best.gateways.length} usable gateways`;
}

/** A share that differs from what the weights ask for by a greater part than this is reported. */
const TOLERANCE = 0.1;

/** Weights that the cells of the ring cannot show, while all gateways of a tier are usable. */
export function checkWeights({ pools }: Pick<Config, "pools">, family: Family = 4, count = pools.length): Finding[] {
  return withGateways({ pools }).flatMap((pool) => {
    const inexact = casesOf(pools, pool, family).tiers.flatMap(inexactIn);
    if (inexact.length === 0) return [];
    const text = `the ring has too few cells for these weights: ${list(inexact, MOST_NAMED)}`;
    const remedy = "choose weights that are closer to each other, or with a smaller sum";
    return inPool(count, pool, warning("weights", text, remedy));
  });
}

function inexactIn({ gateways }: TierCase): string[] {
  const whole = gateways.reduce((sum, { weight }) => sum + weight, 0);
  const textOf = textsOf(gateways);
  return gateways.flatMap(({ address, weight, share }) => {
    const wanted = weight / whole;
    if (Math.abs(share - wanted) <= wanted * TOLERANCE) return [];
    return `${textOf(address)} gets ${percentText(share)} instead of ${percentText(wanted)}`;
  });
}

/**
 * Selectors of pools that match nothing, or packets that another pool has.
 *
 * @param interfaces all that there are
 * @param family of which the pools are
 * @param count how many pools there are of either family
 */
export function checkSelectors(
  { pools }: Pick<Config, "pools">,
  interfaces: ReadonlySet<string>,
  family: Family = 4,
  count = pools.length,
): Finding[] {
  const order = inOrder(pools);
  const found = order.flatMap((pool, index) => {
    const before = order.slice(0, index);
    const common = commonPackets(pool, before);
    const all = [...missingInterfaces(pool, interfaces), ...hiddenPool(pool, before, family), ...common];
    return all.map((finding) => inPool(count, pool, finding));
  });
  if (found.length > 0 || pools.length === 1) return found;
  return [fine(TOPIC, "each pool has packets of its own, and the most specific one is asked first")];
}

const TOPIC = "selectors";

function missingInterfaces({ selectors: { in: devices } }: PoolConfig, interfaces: ReadonlySet<string>): Finding[] {
  const missing = devices.filter((device) => !interfaces.has(device));
  if (missing.length === 0) return [];
  const [verb, are] = missing.length === 1 ? ["interface", "does"] : ["interfaces", "do"];
  const text = `${verb} ${list(missing, MOST_NAMED)} of in ${are} not exist, so no packet comes in there`;
  return [warning(TOPIC, text, "correct in, or create what is missing; the rules hold as soon as it is there")];
}

/** That pools before one have all of its packets together; one alone that has is an error of the file. */
function hiddenPool(pool: PoolConfig, before: readonly PoolConfig[], family: Family): Finding[] {
  const { selectors } = pool;
  const wider = before.filter(
    (other) => includes({ ...other.selectors, from: [] }, { ...selectors, from: [] }) && hasDestinationsOf(other, pool),
  );
  const sources = selectors.from.length === 0 ? [everything(family)] : selectors.from;
  const taken = wider.flatMap(({ selectors: { from } }) => from);
  if (taken.length === 0 || sources.some((source) => subtract(source, taken).length > 0)) return [];
  const used = wider.every(({ whenNoGateways }) => whenNoGateways !== "fall-through")
    ? "is never used"
    : "is used only while they have no gateway";
  const names = list(
    wider.flatMap(({ name }) => name ?? []),
    MOST_NAMED,
  );
  const text = `has the packets of pools ${names}, which are asked first, and no others: it ${used}`;
  return [warning(TOPIC, text, "remove it, or give it other selectors (from, in, mark)")];
}

/** Whether a pool routes everything that another one routes. */
function hasDestinationsOf(outer: PoolConfig, inner: PoolConfig): boolean {
  const covers = inner.route.every((one) => outer.route.some((network) => contains(network, one)));
  const excludes = outer.excludeCidr.every((one) => inner.excludeCidr.some((network) => contains(network, one)));
  return covers && excludes && (inner.excludeReservedCidrs || !outer.excludeReservedCidrs);
}

/** Packets that a pool shares with others that are asked first, without having all of theirs: the order alone decides. */
function commonPackets(pool: PoolConfig, before: readonly PoolConfig[]): Finding[] {
  const sharing = before.filter((other) => {
    return overlap(other.selectors, pool.selectors) && !includes(pool.selectors, other.selectors);
  });
  const isGuarded = ({ whenNoGateways }: PoolConfig): boolean => rejectTypeOf(whenNoGateways) !== undefined;
  const [open, others] = isGuarded(pool)
    ? [sharing.filter((other) => !isGuarded(other)), sharing.filter(isGuarded)]
    : [[], sharing];
  const first = Math.min(...open.map(({ preference }) => preference));
  const remedy = `if this pool should have them, give it a preference below ${first}, or selectors of its own`;
  const guard = "the kill switch of this pool does not hold for them";
  return [
    ...(others.length === 0 ? [] : [fine(TOPIC, sharedText(others))]),
    ...(open.length === 0 ? [] : [warning(TOPIC, `${sharedText(open)}; ${guard}`, remedy)]),
  ];
}

function sharedText(others: readonly PoolConfig[]): string {
  const names = list(
    others.flatMap(({ name }) => name ?? []),
    MOST_NAMED,
  );
  return others.length === 1
    ? `packets that pool ${names} selects as well use that one, which is asked first`
    : `packets that pools ${names} select as well use those, which are asked first`;
}

/** Names the pool of a finding where there are several. */
function inPool(count: number, { name }: PoolConfig, finding: Finding): Finding {
  return name === undefined || count === 1 ? finding : { ...finding, pools: [name] };
}
