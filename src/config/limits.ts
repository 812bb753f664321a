import type { Family } from "../net/address.ts";
import { MOST_SLOTS } from "../routing/nexthop-ids.ts";
import { MOST_PROBE_TABLES } from "../routing/probe-tables.ts";

/** How many gateways there may be in all: each has a mark and a table for probes, and the last table is for answers. */
export const MOST_GATEWAYS = MOST_PROBE_TABLES - 1;

/**
 * How many gateways a pool may have: `ip route show` hides a table that holds a route of more than about 230 nexthops, and a
 * route of 160 is the largest that leaves room for every way the slots can be refilled.
 */
export const MOST_MEMBERS = 160;

/** How many of them may have an address of a family: routes of IPv6 name a group of nexthops. */
export const MOST_IN_FAMILY: Readonly<Record<Family, number>> = { 4: MOST_MEMBERS, 6: MOST_SLOTS };

/** Why there may not be more. */
export const FAMILY_LIMITS: Readonly<Record<Family, string>> = {
  4: `one route holds at most ${MOST_MEMBERS} (iproute2 cannot list larger ones)`,
  6: `one group of nexthops holds at most ${MOST_SLOTS} (iproute2 cannot write larger ones)`,
};

/** Each pool of a file is compared with all others. */
export const MOST_POOLS = 250;
