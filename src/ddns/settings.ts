import type { Address } from "../net/address.ts";
import type { WhenNoGateways } from "../routing/kill-switch.ts";
import type { Selectors } from "../routing/selectors.ts";
import type { DnsServer } from "./dns/exchange.ts";
import type { VerifyTarget } from "./verify/ask-servers.ts";
import type { ProviderName } from "./providers/registry.ts";

/** How public addresses are looked up. Durations are milliseconds. */
export interface LookUpSettings {
  /** Time of one look-up. */
  readonly timeout: number;
  /** The service to ask; undefined asks each gateway itself. */
  readonly publicIpServiceHostname: string | undefined;
  readonly publicIpServiceScheme: "http" | "https";
  readonly publicIpServicePort: number;
  readonly publicIpServicePath: string;
  readonly publicIpServiceUsername: string | undefined;
  readonly publicIpServicePassword: string | undefined;
  readonly publicIpServiceApiKey: string | undefined;
  readonly publicIpAllowPrivate: boolean;
}

/** What a DNS name of a pool needs. Durations are milliseconds. */
export interface DdnsSettings extends LookUpSettings {
  /** Those of the pool. */
  readonly gateways: readonly string[];
  /** The one of them whose address the name has; undefined for those of all. */
  readonly follows?: string | undefined;
  readonly publicIpRefresh: number;
  readonly ddnsProvider: ProviderName;
  readonly ddnsUsername: string | undefined;
  readonly ddnsPassword: string;
  readonly ddnsHostname: string;
  readonly ddnsApiUrl: string | undefined;
  readonly ddnsServer: DnsServer | undefined;
  readonly ddnsZone: string | undefined;
  readonly ddnsAdopt: boolean;
  readonly ddnsProxied: boolean;
  readonly ddnsTimeout: number;
  readonly ddnsRecordTtl: number;
  /** Whom to ask after an update whether the name has the new addresses; undefined asks no server. */
  readonly ddnsVerify?: VerifyTarget | undefined;
  /** The address without which this machine does not write. */
  readonly ddnsRequireIpAddress: Address | undefined;
  readonly ddnsWhenNoGateways: "remove" | "keep";
  /** What happens to packets while no gateway is usable, those to the provider included. */
  readonly whenNoGateways: WhenNoGateways;
  /** Which packets use the pool; all by default. */
  readonly selectors?: Selectors;
}
