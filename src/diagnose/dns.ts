import type { PoolConfig } from "../config/parse.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "../ddns/providers/provider.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import { publicIpLookUp } from "../ddns/public-ip.ts";
import type { Asked } from "./names.ts";

/** How long a call to the provider may take. */
const LONGEST_CALL_MS = 15_000;

/** The provider that the options name; undefined without one. */
export function providerOf(pool: PoolConfig): DdnsProvider | undefined {
  const { ddnsProvider, ddnsHostname, ddnsUsername, ddnsPassword, ddnsApiUrl } = pool;
  if (ddnsProvider === undefined) return undefined;
  return PROVIDERS[ddnsProvider].create({
    hostname: ddnsHostname!,
    username: ddnsUsername,
    password: ddnsPassword!,
    apiUrl: ddnsApiUrl,
    timeout: callLimitOf(pool),
  });
}

/** Milliseconds that one call to the provider may take. */
function callLimitOf({ ddnsTimeout }: PoolConfig): number {
  return Math.max(1, Math.ceil(Math.min(ddnsTimeout, LONGEST_CALL_MS)));
}

/** Lists the records of the name, changing nothing. */
export async function listRecords(pool: PoolConfig, provider: DdnsProvider): Promise<DnsRecord[] | ProviderError> {
  try {
    return await provider.list(AbortSignal.timeout(callLimitOf(pool)));
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/** Asks for the public address of each of these gateways once, all at the same time. */
export async function askAddresses(pool: PoolConfig, gateways: readonly string[]): Promise<Asked[]> {
  const lookUp = publicIpLookUp(pool);
  const never = new AbortController().signal;
  return Promise.all(gateways.map(async (gateway) => ({ gateway, result: await lookUp(gateway, never) })));
}
