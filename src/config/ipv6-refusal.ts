import { formatCidr } from "../net/cidr.ts";
import { addressesOf, type Config } from "./model.ts";
import type { ParsedConfig } from "./parse.ts";

/*
 * Settings of IPv6 are read, but only IPv4 is routed so far. Nothing starts with them, so that no part of the service has to
 * tell the families apart before all parts do. To lift this, remove this file, its one call in load.ts,
 * `toPrint` of the surroundings, and the last point of "IPv4 and IPv6" in the guide.
 */

/** The configuration, unless it has anything of IPv6. */
export function refuseIpv6(parsed: ParsedConfig): ParsedConfig {
  const found = parsed.ok ? ipv6In(parsed.config) : undefined;
  if (!parsed.ok || found === undefined) return parsed;
  const problem = `cannot route IPv6: this version routes IPv4 alone (got ${found}); remove all IPv6 addresses and networks`;
  return { ok: false, problems: [problem], inFile: parsed.config.service.config !== undefined };
}

/** The first address or network of IPv6. */
function ipv6In({ gateways, pools }: Config): string | undefined {
  const networks = pools.flatMap(({ route, excludeCidr, selectors }) => [...route, ...excludeCidr, ...selectors.from]);
  const texts = [...addressesOf({ gateways }), ...networks.map(formatCidr)];
  return texts.find((text) => text.includes(":"));
}
