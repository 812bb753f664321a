import { sidesOf } from "../../config/families.ts";
import type { Config } from "../../config/model.ts";
import { FAMILIES, type Family } from "../../net/address.ts";
import { formatCidr } from "../../net/cidr.ts";

/** What a routing daemon may tell its neighbours of a pool in one family. */
export interface Export {
  readonly family: Family;
  /** Undefined for the one pool without a name. */
  readonly pool: string | undefined;
  readonly table: number;
  /** The managed destinations, as text. */
  readonly routes: readonly string[];
  /** The networks of its markers, or one that is proposed where it has none. */
  readonly markers: readonly string[];
  /** Whether they are proposed. */
  readonly isProposed: boolean;
}

/** Networks for documentation (RFC 5737, RFC 3849), which have no hosts; `n` is that of the pool. */
const PROPOSED: Readonly<Record<Family, (n: number) => string>> = {
  4: (n) => `192.0.2.${173 + n}/32`,
  6: (n) => `2001:db8::${173 + n}/128`,
};

/** What is exported of each pool that routes a family, IPv4 first. */
export function exportsOf({ pools }: Pick<Config, "pools">): Export[] {
  const sides = pools.flatMap((whole, index) => sidesOf(whole).map((side) => ({ ...side, index })));
  return FAMILIES.flatMap((family) =>
    sides
      .filter((side) => side.family === family && side.pool.members.length > 0)
      .map(({ pool: { name: pool, table, route, markerRoute }, index }) => ({
        ...{ family, pool, table, routes: route.map(formatCidr) },
        markers: markerRoute.length > 0 ? markerRoute.map(formatCidr) : [PROPOSED[family](index)],
        isProposed: markerRoute.length === 0,
      })),
  );
}

/** Addresses and numbers of an example, for which a reader puts those of the network. */
export const EXAMPLE = {
  routerId: "192.0.2.1",
  ownAs: 65001,
  neighbourAs: 65002,
  neighbour: { 4: "192.0.2.2", 6: "2001:db8::2" } as Readonly<Record<Family, string>>,
} as const;
