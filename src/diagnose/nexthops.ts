import { parseAddress } from "../net/address.ts";
import { contains, hostOf } from "../net/cidr.ts";
import type { Link } from "../net/link.ts";
import type { NexthopFault, UnusableNexthop } from "../pool/nexthop-fault.ts";
import { shellWord } from "../text/shell-word.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** Whether the gateways can be nexthops: one finding for each reason why some cannot. */
export function checkNexthops(
  gateways: readonly string[],
  unusable: readonly UnusableNexthop[],
  links: readonly Link[],
): Finding[] {
  const topic = "nexthops";
  if (unusable.length === 0) return [fine(topic, "every gateway is on a directly connected network")];
  const level = unusable.length === gateways.length ? failure : warning;
  return [...Map.groupBy(unusable, ({ fault }) => fault.detail).values()].map((group) => {
    const { fault } = group[0]!;
    const faulty = group.map(({ gateway }) => gateway);
    const named = faulty.join(", ");
    return level(topic, `${named} cannot be used: ${fault.detail}`, remedyOfFault(fault, faulty, links));
  });
}

function remedyOfFault({ code }: NexthopFault, gateways: readonly string[], links: readonly Link[]): string {
  if (code === "own-address" || code === "not-unicast") {
    return `leave ${gateways.join(", ")} out of -start-ip and -end-ip`;
  }
  const hostRoute = (gateway: string, device: string): string =>
    `ip route add ${gateway}/32 dev ${shellWord(device)} scope link`;
  const device = unnumberedDevice(links);
  if (device === undefined) {
    return `give this machine an address in the gateways' network, on the interface that leads there (ip address), or make each gateway a neighbour (${hostRoute("GATEWAY", "INTERFACE")})`;
  }
  return gateways.map((gateway) => hostRoute(gateway, device)).join("; ");
}

/**
 * The interface that has addresses without a network around them (/32, /31), as some hosters give them: there, a gateway is
 * a neighbour by a route alone. Undefined where there is none, or several.
 */
function unnumberedDevice(links: readonly Link[]): string | undefined {
  const candidates = links.filter(({ name, up, addresses }) => {
    const areHosts = addresses.every(({ address, network }) => {
      return network.prefix >= 31 && contains(network, hostOf(parseAddress(address)!)); // no peer
    });
    return up && name !== "lo" && addresses.length > 0 && areHosts;
  });
  return candidates.length === 1 ? candidates[0]!.name : undefined;
}
