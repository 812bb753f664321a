import type { Observed, Refusal } from "./types.ts";

/**
 * Gateways behind an interface that has lost its carrier: they are out of reach before any probe can tell. The kernel goes
 * on sending packets there (it marks the nexthop `linkdown` and uses it, unless `ignore_routes_with_linkdown` is set).
 * With all gateways cut off this is none of them: the routes are then left to the probes, and to the rules for them.
 */
export function cutOff(
  gateways: readonly string[],
  { links, devices }: Pick<Observed, "links" | "devices">,
): Refusal[] {
  const dead = new Set(links.filter(({ carrier }) => !carrier).map(({ name }) => name));
  const refusals = gateways.flatMap((gateway): Refusal[] => {
    const device = devices.get(gateway);
    return device !== undefined && dead.has(device) ? [{ gateway, why: `its interface ${device} has no carrier` }] : [];
  });
  return refusals.length === gateways.length ? [] : refusals;
}
