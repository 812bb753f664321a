import type { DdnsSettings } from "../ddns/settings.ts";
import type { InPool, ServiceEvent } from "../events/events.ts";
import type { DnsNameConfig, PoolConfig, PublicIpConfig } from "./model.ts";

/** What tells a DNS name of a pool from its others, also after a reload. */
export function dnsNameKey({ ddnsProvider, ddnsHostname }: DnsNameConfig): string {
  return `${ddnsHostname.toLowerCase()} ${ddnsProvider}`;
}

/** How people read a DNS name of a pool: with its provider where another provider has the same name. */
export function dnsNameText(name: DnsNameConfig, all: readonly DnsNameConfig[]): string {
  const { ddnsHostname, ddnsProvider } = name;
  const host = ddnsHostname.toLowerCase();
  const isOneOfSeveral = all.some((other) => other !== name && other.ddnsHostname.toLowerCase() === host);
  return isOneOfSeveral ? `${ddnsHostname} at ${ddnsProvider}` : ddnsHostname;
}

/**
 * Makes something for each DNS name of a pool.
 *
 * @returns finds what belongs to the name of an event; one that tells no name is about the first
 */
export function perDnsName<T>(
  dnsNames: readonly DnsNameConfig[],
  make: (name: DnsNameConfig) => T,
): (event: ServiceEvent) => T | undefined {
  const made = new Map(dnsNames.map((name) => [dnsNameKey(name), make(name)]));
  const [first] = made.values();
  return (event: InPool<ServiceEvent>) => (event.dnsName === undefined ? first : made.get(event.dnsName));
}

/** What a DNS name needs, all in all. @param pool as the family of the records has it, and the name too */
export function ddnsSettingsOf(publicIp: PublicIpConfig, pool: PoolConfig, name: DnsNameConfig): DdnsSettings {
  const { gateways, whenNoGateways, selectors } = pool;
  const { follows, ...own } = name;
  return { ...publicIp, ...own, gateways, whenNoGateways, selectors, follows: follows?.gateway };
}
