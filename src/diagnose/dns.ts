import type { Config } from "../config/model.ts";
import { callLimitOf } from "../ddns/create-provider.ts";
import { listRecords as listOf } from "../ddns/record-sets.ts";
import { createLookUp } from "../ddns/look-up.ts";
import type { DdnsSettings } from "../ddns/settings.ts";
import { type DdnsProvider, type DnsRecord, ProviderError } from "../ddns/providers/provider.ts";
import type { Kernel } from "../routing/kernel.ts";
import { lookUpPath } from "../service/look-up-paths.ts";
import { deadline } from "../time/deadline.ts";
import type { LookedUp } from "./ddns-findings.ts";
import { withProbePaths } from "./probe-paths.ts";

/** Lists the records of the name, changing nothing. */
export async function listRecords(
  settings: DdnsSettings,
  provider: DdnsProvider,
): Promise<readonly DnsRecord[] | ProviderError> {
  try {
    return (await listOf(provider, deadline(callLimitOf(settings)))).records;
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
}

/**
 * Looks up the public address of each of these gateways once, all at the same time, as the service does.
 *
 * @param kernel for the rules and routes of look-ups through the gateways
 */
export async function askAddresses(
  config: Config,
  gateways: readonly string[],
  kernel: Kernel | undefined,
): Promise<LookedUp[]> {
  const pathOf = lookUpPath(config);
  const lookUp = createLookUp(config.publicIp, pathOf);
  const ask = (): Promise<LookedUp[]> =>
    Promise.all(gateways.map(async (gateway) => ({ gateway, result: await lookUp(gateway) })));
  return pathOf && kernel && gateways.length > 0 ? withProbePaths(kernel, config, ask) : ask();
}
