import type { Family } from "../net/address.ts";
import type { UnusableNexthop } from "../pool/nexthop-fault.ts";
import type { Observed } from "./types.ts";

/**
 * Gateways behind an interface that has lost its carrier: they are out of reach before any probe can tell. The kernel goes
 * on sending packets there (it marks the nexthop `linkdown` and uses it, unless `ignore_routes_with_linkdown` is set).
 * With all gateways behind such interfaces this is none of them: the probes and their thresholds then decide. In IPv6 it is
 * all of them even so: the kernel has dropped the nexthop objects, and makes none without a carrier (rtm_to_nh_config in
 * net/ipv4/nexthop.c).
 */
export function carrierLoss(
  gateways: readonly string[],
  { links, devices }: Pick<Observed, "links" | "devices">,
  family: Family = 4,
): UnusableNexthop[] {
  const dead = new Set(links.filter(({ carrier }) => !carrier).map(({ name }) => name));
  const unusable = gateways.flatMap((gateway): UnusableNexthop[] => {
    const device = devices.get(gateway);
    if (device === undefined || !dead.has(device)) return [];
    return [{ gateway, fault: { code: "no-carrier", detail: `its interface ${device} has no carrier` } }];
  });
  return family === 4 && unusable.length === gateways.length ? [] : unusable;
}
