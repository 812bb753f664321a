import type { Observed, UnusableNexthop } from "./types.ts";

/**
 * Gateways behind an interface that has lost its carrier: they are out of reach before any probe can tell. The kernel goes
 * on sending packets there (it marks the nexthop `linkdown` and uses it, unless `ignore_routes_with_linkdown` is set).
 * With all gateways cut off this is none of them: the routes are then left to the probes, and to the rules for them.
 */
export function carrierLoss(
  gateways: readonly string[],
  { links, devices }: Pick<Observed, "links" | "devices">,
): UnusableNexthop[] {
  const dead = new Set(links.filter(({ carrier }) => !carrier).map(({ name }) => name));
  const unusable = gateways.flatMap((gateway): UnusableNexthop[] => {
    const device = devices.get(gateway);
    return device !== undefined && dead.has(device) ? [{ gateway, why: `its interface ${device} has no carrier` }] : [];
  });
  return unusable.length === gateways.length ? [] : unusable;
}
