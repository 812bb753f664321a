import type { DnsProviderSettings } from "../dns/provider-settings.ts";
import type { AwsProviderSettings } from "../sign-aws.ts";
import { type CloudflareSettings, createCloudflare } from "./cloudflare/cloudflare.ts";
import { createDesec } from "./desec/desec.ts";
import { createDigitalOcean } from "./digitalocean.ts";
import { createDynu } from "./dynu/dynu.ts";
import { createGandi } from "./gandi.ts";
import { createHetzner, type HetznerSettings } from "./hetzner/hetzner.ts";
import { createPowerDns } from "./powerdns/powerdns.ts";
import type { DdnsProvider } from "./provider.ts";
import { createRfc2136 } from "./rfc2136/rfc2136.ts";
import { createRoute53 } from "./route53/route53.ts";

/** Options that only some providers have. */
export const PROVIDER_OPTIONS = [
  "ddnsUsername",
  "ddnsApiUrl",
  "ddnsServer",
  "ddnsZone",
  "ddnsAdopt",
  "ddnsProxied",
] as const;

export type ProviderOption = (typeof PROVIDER_OPTIONS)[number];

interface ProviderEntry {
  /** The name in metrics, which never changes. */
  readonly label: string;
  /** What `-ddns-password` has to be. */
  readonly secret: "API key" | "TSIG key";
  /** Which of the options it has. */
  readonly options: Readonly<Partial<Record<ProviderOption, "required" | "optional">>>;
  /** What a key needs to write; undefined where one that can read can write as well. */
  readonly writeRight?: string;
  readonly create: (
    settings: DnsProviderSettings & CloudflareSettings & HetznerSettings & AwsProviderSettings,
  ) => DdnsProvider;
}

/** Every provider by its `-ddns-provider` name. A new one is a file or folder, and a line here. */
export const PROVIDERS = {
  dynudns: { label: "DynuDNS", secret: "API key", options: { ddnsApiUrl: "optional" }, create: createDynu },
  cloudflare: {
    label: "Cloudflare",
    secret: "API key",
    options: { ddnsApiUrl: "optional", ddnsZone: "optional", ddnsAdopt: "optional", ddnsProxied: "optional" },
    writeRight: "the permission DNS Edit for the zone",
    create: createCloudflare,
  },
  desec: {
    label: "deSEC",
    secret: "API key",
    options: { ddnsApiUrl: "optional" },
    writeRight: "no policy, or one with write permission for the name",
    create: createDesec,
  },
  digitalocean: {
    label: "DigitalOcean",
    secret: "API key",
    options: { ddnsApiUrl: "optional" },
    writeRight: "the scopes domain:create, domain:update and domain:delete",
    create: createDigitalOcean,
  },
  gandi: {
    label: "Gandi",
    secret: "API key",
    options: { ddnsApiUrl: "optional" },
    writeRight: 'the permission "Manage domain name technical configurations" for the domain',
    create: createGandi,
  },
  hetzner: {
    label: "Hetzner",
    secret: "API key",
    options: { ddnsApiUrl: "optional", ddnsAdopt: "optional" },
    writeRight: "the permission Read & Write",
    create: createHetzner,
  },
  powerdns: { label: "PowerDNS", secret: "API key", options: { ddnsApiUrl: "required" }, create: createPowerDns },
  rfc2136: {
    label: "RFC2136",
    secret: "TSIG key",
    options: { ddnsServer: "required" },
    writeRight: "the leave of the name server to update the name (BIND: update-policy)",
    create: createRfc2136,
  },
  route53: {
    label: "Route53",
    secret: "API key",
    options: { ddnsUsername: "required", ddnsApiUrl: "optional", ddnsZone: "optional" },
    writeRight: "the permission route53:ChangeResourceRecordSets for the zone",
    create: createRoute53,
  },
} as const satisfies Record<string, ProviderEntry>;

export type ProviderName = keyof typeof PROVIDERS;

/** The values of `-ddns-provider`. */
export const PROVIDER_NAMES = Object.keys(PROVIDERS) as ProviderName[];

/** What a provider is and takes. */
export function entryOf(name: ProviderName): ProviderEntry {
  return PROVIDERS[name];
}

/** The providers that have an option. */
export function providersWith(option: ProviderOption): ProviderName[] {
  return PROVIDER_NAMES.filter((name) => entryOf(name).options[option] !== undefined);
}
