import type { DdnsProvider, Send } from "./providers/provider.ts";
import { PROVIDERS } from "./providers/registry.ts";
import type { DdnsSettings } from "./settings.ts";

const LONGEST_CALL_MS = 15_000;

/** Milliseconds that one call to the provider may take: it may travel through a gateway that fails meanwhile. */
export function callLimitOf({ ddnsTimeout }: DdnsSettings): number {
  return Math.min(ddnsTimeout, LONGEST_CALL_MS);
}

/** The provider that the settings name, which have to name one. */
export function createProvider(settings: DdnsSettings, send: Send): DdnsProvider {
  return PROVIDERS[settings.ddnsProvider!].create({
    hostname: settings.ddnsHostname!,
    username: settings.ddnsUsername,
    password: settings.ddnsPassword!,
    apiUrl: settings.ddnsApiUrl,
    timeout: callLimitOf(settings),
    send,
  });
}
