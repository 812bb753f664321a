import type { Config, PoolConfig } from "../config/model.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "../ddns/providers/provider.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Family } from "../net/address.ts";
import type { DdnsSettings } from "../ddns/settings.ts";
import { publishable } from "../pool/quorum.ts";
import type { Kernel } from "../routing/kernel.ts";
import { failureText } from "../text/failure.ts";
import { textsOf } from "../text/gateway.ts";
import type { LookedUp } from "./ddns-findings.ts";
import { askAddresses, ddnsSettingsOf, listRecords, providerOf } from "./dns.ts";
import type { DdnsPlan } from "./planned.ts";
import { planNames, recordText } from "./record-plan.ts";
import { requiredAddress } from "./required-address.ts";
import type { RoutingPlan } from "./routing-plan.ts";

export interface NamesToPlan {
  /** The family whose records are planned. */
  readonly family: Family;
  /** As the family has it. */
  readonly config: Config;
  /** For look-ups through the gateways. */
  readonly kernel: Kernel;
  /** Those of the pools, in their order. */
  readonly plans: readonly RoutingPlan[];
  /** Those of this machine, of all families. */
  readonly addresses: readonly string[];
  /** What is to be said of each look-up. */
  readonly remarks: readonly string[];
}

/** The DNS name of a pool, whose records this machine updates. */
interface OwnName {
  readonly pool: PoolConfig;
  readonly settings: DdnsSettings;
  readonly provider: DdnsProvider;
  /** The gateways whose addresses it should have. */
  readonly active: readonly string[];
}

/** What would change in the records of a family for each pool; null where it has no DNS name. Each gateway is looked up once. */
export async function planAllNames(options: NamesToPlan): Promise<readonly (DdnsPlan | null)[]> {
  const { config, kernel, plans } = options;
  const names = config.pools.map((pool, index) => nameOf(pool, plans[index]!, options));
  const own = names.filter((name) => name !== undefined && "active" in name);
  const [asked, ...listed] = await Promise.all([
    askAddresses(config, [...new Set(own.flatMap(({ active }) => active))], kernel),
    ...own.map(({ settings, provider }) => listRecords(settings, provider)),
  ]);
  return names.map((name) => {
    if (name === undefined || !("active" in name)) return name ?? null;
    const lookedUp = asked.filter(({ gateway }) => name.active.includes(gateway));
    return planOf(name, listed[own.indexOf(name)]!, lookedUp, options);
  });
}

/** The name of a pool, or the plan for a name whose records this machine does not update; undefined without one. */
function nameOf(
  pool: PoolConfig,
  { gateways }: RoutingPlan,
  { family, config, addresses }: NamesToPlan,
): OwnName | DdnsPlan | undefined {
  const settings = ddnsSettingsOf(config, pool);
  const provider = providerOf(settings, family);
  if (!provider) return undefined;
  const required = requiredAddress(pool);
  if (required !== undefined && !addresses.includes(required)) {
    return planWith(pool, [], [`no interface holds ${required}, so this machine updates no records`]);
  }
  const kept = new Set(gateways.filter(({ healthy }) => !healthy).map(({ gateway }) => gateway));
  const used = gateways.filter((one) => one.active).map(({ gateway }) => gateway);
  return { pool, settings, provider, active: publishable(used, kept, undefined) };
}

function planOf(
  { pool }: OwnName,
  listed: readonly DnsRecord[] | ProviderError,
  asked: readonly LookedUp[],
  { config, remarks }: NamesToPlan,
): DdnsPlan {
  if (listed instanceof ProviderError) return planWith(pool, [], [listed.message]);
  const { gateways, ddnsRecordTtl, ddnsWhenNoGateways: whenNoGateways } = pool;
  const changes = planNames({ gateways, asked, listed, ttl: ddnsRecordTtl / 1000, whenNoGateways });
  const textOf = textsOf(config.gateways);
  const unknown = asked.flatMap(({ gateway, result }) =>
    result.kind === "failure" ? `the public address of ${textOf(gateway)} is not known: ${failureText(result)}` : [],
  );
  return planWith(pool, changes.map(recordText), [...remarks, ...unknown]);
}

function planWith(pool: PoolConfig, changes: readonly string[], remarks: readonly string[]): DdnsPlan {
  return { hostname: pool.ddnsHostname!, provider: PROVIDERS[pool.ddnsProvider!].label, changes, remarks };
}
