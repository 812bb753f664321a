import type { Config, DnsNameConfig } from "../config/model.ts";
import { dnsNameKey } from "../config/dns-names.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";

type Labels = Readonly<Record<string, string>>;

/** The label of the series of a DNS name, where its pool has others; a single one has none. */
export function hostnameLabel({ ddnsHostname }: DnsNameConfig, all: readonly DnsNameConfig[]): string | undefined {
  return all.length > 1 ? ddnsHostname : undefined;
}

/** Whether a series with these labels is of a DNS name of a pool that has these. */
export function isOfName(labels: Labels, name: DnsNameConfig, all: readonly DnsNameConfig[]): boolean {
  return PROVIDERS[name.ddnsProvider].label === labels["provider"] && hostnameLabel(name, all) === labels["hostname"];
}

/**
 * The labels that series of DNS names get by a reload which adds the first other name of a pool, or removes the last: those
 * of a name that stays. Undefined where the labels stay as they are.
 */
export function renamedSeries(before: Config, after: Config): (labels: Labels) => Labels | undefined {
  const namesIn = ({ pools }: Config, { pool }: Labels): readonly DnsNameConfig[] =>
    pools.find(({ name }) => name === pool)?.dnsNames ?? [];
  return (labels) => {
    const [former, now] = [namesIn(before, labels), namesIn(after, labels)];
    const name = former.find((one) => isOfName(labels, one, former));
    const same = name && now.find((one) => dnsNameKey(one) === dnsNameKey(name));
    if (same === undefined || isOfName(labels, same, now)) return undefined;
    const { hostname: _, ...own } = labels;
    const hostname = hostnameLabel(same, now);
    return { ...own, ...(hostname !== undefined && { hostname }) };
  };
}
