import type { PoolConfig } from "../config/parse.ts";
import { callLimitOf, createProvider } from "../ddns/create-provider.ts";
import { createLookUp } from "../ddns/look-up.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "../ddns/providers/provider.ts";
import { deadline } from "../time/deadline.ts";
import type { LookedUp } from "./ddns-findings.ts";

/** The provider that the options name; undefined without one. */
export function providerOf(pool: PoolConfig): DdnsProvider | undefined {
  return pool.ddnsProvider && createProvider(pool);
}

/** Lists the records of the name, changing nothing. */
export async function listRecords(pool: PoolConfig, provider: DdnsProvider): Promise<DnsRecord[] | ProviderError> {
  try {
    return await provider.list(deadline(callLimitOf(pool)));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/** Looks up the public address of each of these gateways once, all at the same time. */
export async function askAddresses(pool: PoolConfig, gateways: readonly string[]): Promise<LookedUp[]> {
  const lookUp = createLookUp(pool);
  return Promise.all(gateways.map(async (gateway) => ({ gateway, result: await lookUp(gateway) })));
}
