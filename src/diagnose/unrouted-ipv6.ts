import { inFamily } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import { rejectTypeOf } from "../routing/kill-switch.ts";
import { list } from "../text/list.ts";
import { type Finding, warning } from "./finding.ts";

/** Pools that a sentence names at most. */
const MOST_POOLS = 8;

/**
 * Pools with a kill switch for IPv4 alone, beside others that route IPv6.
 *
 * @param leads whether this machine has an IPv6 default route
 */
export function checkUnroutedIpv6({ pools }: Pick<Config, "pools">, leads: boolean): Finding[] {
  const open = pools.filter((pool) => inFamily(pool, 6) === undefined);
  const closed = open.filter(({ whenNoGateways }) => rejectTypeOf(whenNoGateways) !== undefined);
  if (!leads || open.length === pools.length || closed.length === 0) return [];
  const [subject, verb] = closed.length === 1 ? ["pool", "routes"] : ["pools", "route"];
  const names = closed.flatMap(({ name }) => name ?? []);
  const text = `${subject} ${list(names, MOST_POOLS)} ${verb} IPv4 alone, and this machine has an IPv6 default route: IPv6 packets of the same devices bypass the gateways and the kill switch`;
  return [
    warning("ipv6", text, "route IPv6 there as well: ::/0 in routes, and networks of IPv6 in from, if it has any"),
  ];
}
