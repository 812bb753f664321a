import { httpProbe, type HttpTarget } from "./http.ts";
import type { Probe, ThroughProbe } from "./probe.ts";
import { type DnsTarget, dnsProbe } from "./through/dns.ts";
import { type UrlTarget, urlProbe } from "./through/url.ts";
import { type IcmpTarget, icmpProbe } from "./through/icmp.ts";
import { type TcpTarget, tcpProbe } from "./through/tcp.ts";

/** What the prober of the gateway itself is made from. Durations are milliseconds. */
export type ProbeSettings = HttpTarget;

/** One target beyond the gateways, and how it is asked. Durations are milliseconds. */
export type ThroughSettings = IcmpTarget | TcpTarget | DnsTarget | UrlTarget;

/** Every prober of a target beyond the gateways, by its kind. A new one is a file and a line here. */
export const PROBERS: {
  readonly [K in ThroughSettings["kind"]]: (settings: ThroughSettings & { kind: K }) => ThroughProbe;
} = {
  icmp: icmpProbe,
  tcp: tcpProbe,
  dns: dnsProbe,
  url: urlProbe,
};

/** The prober of a pool, for its gateways themselves. */
export function proberOf(settings: ProbeSettings): Probe {
  return httpProbe(settings);
}

/** The prober of a target beyond the gateways. One serves all gateways, and many probes at a time. */
export function throughProberOf(settings: ThroughSettings): ThroughProbe {
  const make: (settings: never) => ThroughProbe = PROBERS[settings.kind];
  return make(settings as never);
}
