import { allAddresses, type Config } from "../config/model.ts";
import { familiesOf } from "../config/families.ts";
import type { ServiceEvent } from "../events/events.ts";

/**
 * What status, metrics and hooks get: of gateways with two addresses what happens to the first one, and of pools that route
 * both families what happens in IPv4.
 */
export function inFirstFamily({ gateways, pools }: Config): (event: ServiceEvent) => ServiceEvent | undefined {
  const seconds = new Set(gateways.flatMap((gateway) => allAddresses(gateway).slice(1)));
  const isOfBoth = new Map(pools.map((pool) => [pool.name, familiesOf(pool).length > 1]));
  return (event) => {
    if ("family" in event && isOfBoth.get(event.pool)) return undefined;
    if ("gateway" in event && seconds.has(event.gateway)) return undefined;
    if (event.type !== "adopted" && event.type !== "link-fault") return event;
    const firsts = event.gateways.filter((gateway) => !seconds.has(gateway));
    return firsts.length === 0 && event.gateways.length > 0 ? undefined : { ...event, gateways: firsts };
  };
}
