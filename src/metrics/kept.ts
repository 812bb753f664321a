import { familiesOf, inFamily, managedFamilies } from "../config/families.ts";
import { publishedGateways } from "../config/look-ups.ts";
import { addressesOf, beyondProbes, type Config, type PoolConfig } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import { tiersIn } from "../pool/tiers.ts";
import { familyWord } from "../text/family.ts";
import { isOfName } from "./dns-name-labels.ts";
import { isWeighted } from "./member-metrics.ts";
import type { MetricRow } from "./table.ts";

type Labels = Readonly<Record<string, string>>;

/** Which series a configuration keeps, by their labels. */
export function keptBy(config: Config): (labels: Labels, row: MetricRow) => boolean {
  const known: Readonly<Record<string, readonly (string | undefined)[]>> = {
    gateway_ip: addressesOf(config),
    prober: config.probes.map(({ name }) => name),
    target: beyondProbes(config).flatMap(({ targets }) => [...targets.keys()]),
    family: managedFamilies(config).map(familyWord),
    check_period: [], // made anew
    gateway_name: [],
  };
  const isKnown = ([label, value]: readonly [string, string]): boolean => known[label]?.includes(value) ?? true;
  const published = publishedGateways(config.pools);
  const pools = new Map(config.pools.map((pool) => [pool.name, pool]));
  return (labels, row) => {
    if (!Object.entries(labels).every(isKnown)) return false;
    if (LOOK_UPS.test(row.name)) return published.has(labels["gateway_ip"]!);
    const pool = pools.get(labels["pool"]);
    // What happens to gateways in all pools has no label of one, though its metric is one of pools.
    return row.scope !== "pool" || (pool ? isOfPool(labels, row, pool) : labels["pool"] === undefined);
  };
}

const LOOK_UPS = /^public_ip_fetch_/;

/** What servers of `-ddns-verify` show. */
const SHOWN = /^ddns_(not_shown|shown_delay_seconds)$/;

/** Whether a pool has this gateway, or this tier, and a DNS name and differences of weights or tiers to show. */
function isOfPool(labels: Labels, { name }: MetricRow, pool: PoolConfig): boolean {
  const { gateway_ip: gateway, tier, provider, family } = labels;
  const families = familiesOf(pool).map((one) => ({ word: familyWord(one), ...inFamily(pool, one)! }));
  if (gateway !== undefined && !families.some(({ gateways }) => gateways.includes(gateway))) return false;
  if (family !== undefined && !families.some(({ word }) => word === family)) return false;
  const named = families.filter(({ dnsNames }) => dnsNames.length > 0);
  if (name === "gateway_public_ip_state") return named.some(({ gateways }) => gateways.includes(gateway!));
  if (provider !== undefined) {
    const own = named.filter(({ word }) => family === undefined || word === family).flatMap((one) => one.dnsNames);
    const those = own.filter((one) => isOfName(labels, one, pool.dnsNames));
    return those.some(({ ddnsVerify }) => ddnsVerify !== undefined || !SHOWN.test(name));
  }
  const rules = tierRulesOf(pool);
  if (tier !== undefined) return rules !== undefined && tiersIn(rules).map(String).includes(tier);
  if (name === "gateway_tier") return rules !== undefined;
  return name !== "gateway_weight" || isWeighted(pool);
}
