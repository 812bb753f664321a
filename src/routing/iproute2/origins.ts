import { MAIN_TABLE } from "../tables.ts";
import { deviceOf, listOf, readList, textOf } from "./fields.ts";
import { parseRoutes } from "./routes.ts";

/** Where the IPv6 addresses and default routes of interfaces are from. */
export interface Ipv6Origins {
  /** Interfaces with an address beyond the link that does not expire. */
  readonly permanent: ReadonlySet<string>;
  /** Those with an address that the kernel has made for a prefix that a router has advertised. */
  readonly advertised: ReadonlySet<string>;
  /** Those over which the main table has the default route to a router that advertises itself. */
  readonly advertisedRoutes: ReadonlySet<string>;
}

/** Of addresses that mean something beyond their link: RT_SCOPE_UNIVERSE of linux/rtnetlink.h, which `ip -N` writes as a number. */
const BEYOND_LINK: ReadonlySet<unknown> = new Set(["0", "global"]);

/** RTPROT_RA of linux/rtnetlink.h. */
const ADVERTISED = 9;

/** The commands that list them. */
export const ORIGINS = ["address show", `route show table ${MAIN_TABLE} proto ${ADVERTISED}`] as const;

/** The origins from the lists of these commands, of IPv6. */
export function parseOrigins([addresses = "", routes = ""]: readonly string[]): Ipv6Origins {
  const infos = readList(addresses).flatMap((entry) => {
    const device = deviceOf(textOf(entry["ifname"], ""));
    const beyond = listOf(entry["addr_info"]).filter(({ scope }) => BEYOND_LINK.has(scope));
    return device === undefined ? [] : beyond.map((info) => ({ device, info }));
  });
  const devicesOf = (some: typeof infos): Set<string> => new Set(some.map(({ device }) => device));
  const defaults = parseRoutes(routes, MAIN_TABLE, 6).filter(({ destination }) => destination.prefix === 0);
  return {
    permanent: devicesOf(infos.filter(({ info }) => info["dynamic"] !== true)),
    advertised: devicesOf(infos.filter(({ info }) => info["dynamic"] === true && info["mngtmpaddr"] === true)),
    advertisedRoutes: new Set(defaults.flatMap(({ nexthops }) => nexthops.flatMap(({ device }) => device ?? []))),
  };
}
