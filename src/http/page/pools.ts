import { healthOf, type PoolUse, usesOf } from "../../status/membership.ts";
import { percent } from "../../status/phrases.ts";
import type { Gateway, Status } from "../../status/schema.ts";
import type { Tone } from "../../text/table.ts";
import { gatewayBadge } from "./badges.ts";

/** A gateway as the table of all gateways shows it. */
export interface ShownGateway extends Gateway {
  /** How the pools use it; left out where pools have no names. */
  readonly uses?: readonly PoolUse[];
}

/** Which of several uses of a gateway speaks for it: one with a problem, else the one that carries traffic. */
const WEIGHT: Readonly<Record<Tone, number>> = { bad: 0, doubtful: 1, good: 2, quiet: 3 };

/** All gateways. Where pools share them, each is shown as by the pool that has the greatest problem with it. */
export function shownGateways(status: Pick<Status, "gateways" | "pools">): readonly ShownGateway[] {
  if (!status.pools) return status.gateways;
  const uses = usesOf(status);
  return status.gateways.map((gateway) => shared(gateway, uses.get(gateway.address) ?? []));
}

function shared(gateway: Gateway, uses: readonly PoolUse[]): ShownGateway {
  const rank = (use: PoolUse): number => WEIGHT[gatewayBadge(use.gateway).tone];
  const [worst] = uses.toSorted((a, b) => rank(a) - rank(b)); // stable
  const publicAddress = uses.find((use) => use.gateway.publicAddress?.address)?.gateway.publicAddress;
  return {
    ...(worst?.gateway ?? healthOf(gateway)),
    ...(publicAddress && { publicAddress }),
    share: Math.max(0, ...uses.map((use) => use.gateway.share)),
    uses,
  };
}

/** What a pool does with a gateway, in short. */
export function useText({ pool, gateway }: PoolUse): string {
  if (gateway.standby) return `stands by in ${pool}`;
  return `${gateway.carriesTraffic ? percent(gateway.share) : "0 %"} of ${pool}`;
}
