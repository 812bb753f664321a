import { ddnsSettingsOf } from "../config/dns-names.ts";
import type { Config, DnsNameConfig, PoolConfig } from "../config/model.ts";
import { createProvider } from "../ddns/create-provider.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "../ddns/providers/provider.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Family } from "../net/address.ts";
import type { DdnsSettings } from "../ddns/settings.ts";
import { publishable } from "../pool/quorum.ts";
import type { Kernel } from "../routing/kernel.ts";
import { failureText } from "../text/failure.ts";
import { textsOf } from "../text/gateway.ts";
import type { LookedUp } from "./ddns-findings.ts";
import { askAddresses, listRecords } from "./dns.ts";
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

/** A DNS name of a pool, whose records this machine updates. */
interface OwnName {
  readonly name: DnsNameConfig;
  readonly settings: DdnsSettings;
  readonly provider: DdnsProvider;
  /** The gateways of its pool that carry traffic. */
  readonly active: readonly string[];
}

/** What would change in the records of a family for each DNS name of each pool. Each gateway is looked up once. */
export async function planAllNames(options: NamesToPlan): Promise<readonly (readonly DdnsPlan[])[]> {
  const { config, kernel, plans } = options;
  const names = config.pools.map((pool, index) =>
    pool.dnsNames.map((name) => nameOf(name, pool, plans[index]!, options)),
  );
  const own = names.flat().filter((name) => "active" in name);
  const [asked, ...listed] = await Promise.all([
    askAddresses(config, [...new Set(own.flatMap(({ active }) => active))], kernel),
    ...own.map(({ settings, provider }) => listRecords(settings, provider)),
  ]);
  return names.map((ofPool) =>
    ofPool.map((name) => {
      if (!("active" in name)) return name;
      const lookedUp = asked.filter(({ gateway }) => name.active.includes(gateway));
      return planOf(name, listed[own.indexOf(name)]!, lookedUp, options);
    }),
  );
}

/** A name of a pool, or the plan for a name whose records this machine does not update. */
function nameOf(
  name: DnsNameConfig,
  pool: PoolConfig,
  { gateways }: RoutingPlan,
  { family, config, addresses }: NamesToPlan,
): OwnName | DdnsPlan {
  const required = requiredAddress(name);
  if (required !== undefined && !addresses.includes(required)) {
    return planWith(name, [], [`no interface holds ${required}, so this machine updates no records`]);
  }
  const kept = new Set(gateways.filter(({ healthy }) => !healthy).map(({ gateway }) => gateway));
  const used = gateways.filter((one) => one.active).map(({ gateway }) => gateway);
  const settings = ddnsSettingsOf(config.publicIp, pool, name);
  const active = publishable(used, kept, undefined, settings.follows);
  return { name, settings, provider: createProvider(settings, family), active };
}

function planOf(
  { name, settings: { gateways, follows } }: OwnName,
  listed: readonly DnsRecord[] | ProviderError,
  asked: readonly LookedUp[],
  { config, remarks }: NamesToPlan,
): DdnsPlan {
  if (listed instanceof ProviderError) return planWith(name, [], [listed.message]);
  const { ddnsRecordTtl, ddnsWhenNoGateways: whenNoGateways } = name;
  const changes = planNames({ gateways, asked, follows, listed, ttl: ddnsRecordTtl / 1000, whenNoGateways });
  const textOf = textsOf(config.gateways);
  const own = asked.filter(({ gateway }) => follows === undefined || gateway === follows);
  const unknown = own.flatMap(({ gateway, result }) =>
    result.kind === "failure" ? `the public address of ${textOf(gateway)} is not known: ${failureText(result)}` : [],
  );
  return planWith(name, changes.map(recordText), [...remarks, ...unknown]);
}

function planWith(name: DnsNameConfig, changes: readonly string[], remarks: readonly string[]): DdnsPlan {
  return { hostname: name.ddnsHostname, provider: PROVIDERS[name.ddnsProvider].label, changes, remarks };
}
