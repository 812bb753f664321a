import { createDynu } from "./dynu/dynu.ts";
import type { DdnsProvider, ProviderSettings } from "./provider.ts";

interface ProviderEntry {
  /** The name in metrics, which never changes. */
  readonly label: string;
  readonly create: (settings: ProviderSettings) => DdnsProvider;
}

/** Every provider by its `-ddns-provider` name. A new one is a file or folder, and a line here. */
export const PROVIDERS = {
  dynudns: { label: "DynuDNS", create: createDynu },
} as const satisfies Record<string, ProviderEntry>;

export type ProviderName = keyof typeof PROVIDERS;

/** The values of `-ddns-provider`. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as ProviderName[];
