import { sidesOf } from "../config/families.ts";
import type { Config } from "../config/model.ts";
import { type Cidr, formatCidr } from "../net/cidr.ts";
import { isOurs } from "../routing/entry.ts";
import { readConnected, readMainRoutesTo } from "../routing/iproute2/inspect.ts";
import { markerRoutes } from "../routing/marker.ts";
import { StartError } from "./start-error.ts";

/**
 * Checks that nothing but a marker is at the places of markers: a route of another program would be taken for the sign, and
 * in a network of this machine a marker would drop the packets of others.
 *
 * @throws {StartError} with the first that is not free
 */
export async function checkMarkers({ pools, service }: Pick<Config, "pools" | "service">): Promise<void> {
  const name = service.config === undefined ? "-marker-route" : "marker-routes";
  const refuse = (marker: Cidr, why: string): never => {
    throw new StartError("marker", `${name} ${formatCidr(marker)}: ${why}`, "choose another network, without hosts");
  };
  for (const { family, pool } of pools.flatMap(sidesOf)) {
    if (pool.markerRoute.length === 0) continue;
    const connected = await readConnected(family);
    for (const marker of pool.markerRoute) {
      if (markerRoutes([marker], pool.table, family, connected).length === 0) {
        refuse(marker, "a network of this machine has its addresses");
      }
      const foreign = (await readMainRoutesTo(marker)).find((route) => !isOurs(route));
      if (foreign) {
        const { protocol, metric } = foreign;
        refuse(marker, `the main table has a route of another program to it (proto ${protocol}, metric ${metric})`);
      }
    }
  }
}
