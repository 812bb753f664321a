import type { NameSettings } from "../providers/provider.ts";
import type { DnsServer } from "./exchange.ts";
import type { SendDns } from "./send-dns.ts";

/** What a provider is made from that is a name server. */
export interface DnsProviderSettings extends NameSettings {
  readonly server: DnsServer;
  readonly sendDns: SendDns;
}
