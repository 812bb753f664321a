import { createDynu } from "./dynu/dynu.ts";
import type { DdnsProvider } from "./provider.ts";

/** What a provider is made from. */
export interface ProviderSettings {
  readonly hostname: string;
  /** The password or API key. */
  readonly password: string;
  readonly username: string | undefined;
  readonly apiUrl: string | undefined;
  /** Milliseconds that an update has, for messages. */
  readonly timeout: number;
}

interface ProviderEntry {
  /** The name in metrics, which stays for ever. */
  readonly label: string;
  readonly create: (settings: ProviderSettings) => DdnsProvider;
}

/** Every provider by its `-ddns-provider` name. A new one is a file and a line here. */
export const PROVIDERS = {
  dynudns: { label: "DynuDNS", create: ({ password, ...settings }) => createDynu({ ...settings, apiKey: password }) },
} as const satisfies Record<string, ProviderEntry>;

export type ProviderName = keyof typeof PROVIDERS;

/** The words of `-ddns-provider`. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as ProviderName[];
