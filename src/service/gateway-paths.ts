import { gatewaysInFamily } from "../config/families.ts";
import { type Config, placedGateways, probeTablesOf } from "../config/model.ts";
import { FAMILIES } from "../net/address.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { pathsThrough } from "../routing/probe-tables.ts";

/** The path through each gateway, by its address of each family; none where nothing is asked beyond the gateways. */
export function gatewayPaths(config: Config): ReadonlyMap<string, GatewayPath> {
  const tables = probeTablesOf(config);
  if (tables === undefined) return new Map();
  return new Map(
    FAMILIES.flatMap((family) => {
      const gateways = gatewaysInFamily(config.gateways, family);
      return [...pathsThrough(tables, placedGateways({ gateways }))];
    }),
  );
}
