import { type Cidr, formatCidr, subtract } from "../net/cidr.ts";
import { excludedNetworks, managedNetworks, managedTest } from "./managed.ts";
import { isSuppressed } from "./rule-lookup.ts";
import type { ObservedRoute, Route } from "./types.ts";

/** A route of another table, as far as it decides which packets the table attracts. */
export type Attractor = Pick<ObservedRoute, "type" | "destination">;

/** Networks that should go through the gateways, and that another table has a route to. */
export interface Attracted {
  /** The first of them. */
  readonly networks: readonly Cidr[];
  /** How many more there are. */
  readonly more: number;
  /** Whether these are all that should go through the gateways. */
  readonly everything: boolean;
}

export const NOTHING_ATTRACTED: Attracted = { networks: [], more: 0, everything: false };

/** So many networks are named at most. Those that are large enough to be everything together are remembered besides. */
const MOST_NETWORKS = 100;
const LARGE_PREFIX = 6;

/** Goes through the routes of a table, of which there may be a million, one by one. */
export function createAttraction(wanted: readonly Route[], suppress: number | undefined) {
  const isManaged = managedTest(wanted);
  const networks = new Map<string, Cidr>();
  let more = 0;
  return {
    add(route: Attractor): void {
      const { type, destination } = route;
      if (type === "throw" || isSuppressed(route, suppress) || !isManaged(destination)) return;
      const text = formatCidr(destination); // of several routes to one destination, the first counts
      if (networks.has(text)) return;
      if (networks.size < MOST_NETWORKS || destination.prefix <= LARGE_PREFIX) networks.set(text, destination);
      else more++;
    },
    result(): Attracted {
      if (networks.size === 0) return NOTHING_ATTRACTED;
      const found = [...networks.values()];
      const decided = [...found, ...excludedNetworks(wanted)]; // a VPN may leave out what is excluded here as well
      const everything = managedNetworks(wanted).every((one) => subtract(one, decided).length === 0);
      return { networks: found, more, everything };
    },
  };
}

/** All networks that should go through the gateways: what a rule decides about that needs no table. */
export function everythingManaged(wanted: readonly Route[]): Attracted {
  return { networks: managedNetworks(wanted), more: 0, everything: true };
}
