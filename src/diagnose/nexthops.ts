import { gatewayFlag, givenAddresses, type GivenGateway } from "../config/gateway-values.ts";
import { type GivenGateways, sourceOf } from "../config/members.ts";
import { FAMILIES, familyOf, formatAddress, parseAddress, zoneOf } from "../net/address.ts";
import { contains, isHost, parseHost } from "../net/cidr.ts";
import type { Link } from "../net/link.ts";
import { addressesTowards } from "../pool/link-fault.ts";
import type { NexthopFault, UnusableNexthop } from "../pool/nexthop-fault.ts";
import { addressText, type GatewayText } from "../text/gateway.ts";
import { shellWord } from "../text/shell-word.ts";
import { sysctl } from "../text/sysctl.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";

/** The interfaces of this machine, those without addresses as well. */
export interface Interfaces {
  readonly all: ReadonlySet<string>;
  /** Those with IPv4 alone, since IPv6 is turned off there (disable_ipv6). */
  readonly withoutIpv6: readonly string[];
}

/**
 * Whether the gateways can be nexthops: one finding for each reason why some cannot.
 *
 * @param given how the flags give them, or that a file does; by a range alone by default
 */
export function checkNexthops(
  gateways: readonly string[],
  unusable: readonly UnusableNexthop[],
  links: readonly Link[],
  textOf: GatewayText = addressText,
  given: GivenGateways | "file" = { gateway: [] },
  interfaces: Interfaces = { all: new Set(), withoutIpv6: [] },
): Finding[] {
  const topic = "nexthops";
  if (unusable.length === 0) return [fine(topic, "every gateway is on a directly connected network")];
  const level = unusable.length === gateways.length ? failure : warning;
  const toLeaveOut = unusable.filter(({ fault }) => !needsRoute(fault)).map(({ gateway }) => gateway);
  const range = gateways.filter((gateway) => given !== "file" && isOfRange(gateway, given));
  const ranges = runsOf(range, toLeaveOut).map((run) => `-start-ip ${run[0]} -end-ip ${run.at(-1)}`);
  return [...Map.groupBy(unusable, ({ fault }) => fault.detail).values()].map((group) => {
    const { fault } = group[0]!;
    const faulty = group.map(({ gateway }) => gateway);
    const remedy = needsRoute(fault)
      ? routeRemedy(fault, faulty, links, interfaces)
      : given === "file"
        ? `remove ${faulty.length === 1 ? "that gateway" : "those gateways"} from the file`
        : leaveOutRemedy(fault, faulty, ranges, given);
    return level(topic, `${faulty.map(textOf).join(", ")} cannot be used: ${fault.detail}`, remedy);
  });
}

/** Whether the gateway could be a nexthop if this machine had the right route to it. */
function needsRoute({ code }: NexthopFault): boolean {
  return code !== "own-address" && code !== "not-unicast";
}

function isOfRange(gateway: string, given: GivenGateways): boolean {
  return sourceOf(gateway, given).flag === "-start-ip";
}

/** How the flags can do without gateways. */
function leaveOutRemedy(
  fault: NexthopFault,
  faulty: readonly string[],
  ranges: readonly string[],
  given: GivenGateways,
): string {
  const inRange = faulty.filter((gateway) => isOfRange(gateway, given));
  const singles = given.gateway.filter((one) => givenAddresses(one).some((address) => faulty.includes(address)));
  const remedies = [
    ...(inRange.length > 0 ? [rangeRemedy(fault, inRange, ranges)] : []),
    ...singles.map((one) => removal(one, faulty)),
  ];
  return remedies.join("; and ");
}

/** How a gateway loses faulty addresses: with both of them, all of it goes. */
function removal(given: GivenGateway, faulty: readonly string[]): string {
  const { address, address6, ...others } = given;
  const [left] = [address, ...(address6 ? [address6] : [])].filter((one) => !faulty.includes(formatAddress(one)));
  const flag = `-gateway ${gatewayFlag(given)}`;
  return left === undefined
    ? `remove ${flag}`
    : `give -gateway ${gatewayFlag({ ...others, address: left })} in place of ${flag}`;
}

/**
 * How the range can do without addresses in it.
 *
 * @param ranges flags of the ranges without any address that no route can help
 */
function rangeRemedy({ code }: NexthopFault, faulty: readonly string[], ranges: readonly string[]): string {
  const leave = `leave ${faulty.join(", ")} out of -start-ip and -end-ip`;
  if (ranges.length === 0) return leave;
  const flags = `${leave}: ${ranges.join(", or ")}`;
  return code === "own-address" ? `${flags}; or give this machine an address outside of the range instead` : flags;
}

/** The parts of a range between addresses in it, the longest first. */
function runsOf(range: readonly string[], between: readonly string[]): string[][] {
  const runs: string[][] = [[]];
  for (const one of range) {
    if (between.includes(one)) runs.push([]);
    else runs.at(-1)!.push(one);
  }
  return runs.filter((run) => run.length > 0).sort((a, b) => b.length - a.length);
}

/** How gateways get onto a network of this machine. */
function routeRemedy(
  { code }: NexthopFault,
  gateways: readonly string[],
  links: readonly Link[],
  interfaces: Interfaces,
): string {
  if (code === "blocked") return unblockRemedy(gateways[0]!);
  if (code === "no-interface") return interfaceRemedy(zoneOf(parseAddress(gateways[0]!, FAMILIES)!)!, interfaces.all);
  const down = downLinks(gateways, links);
  if (down.length > 0) return down.map((device) => `ip link set ${shellWord(device)} up`).join("; ");
  const family = familyOf(gateways[0]!);
  const { withoutIpv6 } = interfaces;
  if (family === 6 && withoutIpv6.length > 0) {
    return `if IPv6 is turned off where they are: ${sysctl("disable_ipv6", 0, withoutIpv6, 6)}; then give this machine an address in the gateways' network there (ip address)`;
  }
  const hostRoute = (gateway: string, device: string): string =>
    family === 4
      ? `ip route add ${gateway}/32 dev ${shellWord(device)} scope link`
      : `ip -6 route add ${gateway}/128 dev ${shellWord(device)}`;
  const device = unnumberedDevice(links);
  if (device === undefined) {
    return `give this machine an address in the gateways' network, on the interface that leads there (ip address), or add a host route to each (${hostRoute("GATEWAY", "INTERFACE")})`;
  }
  return gateways.map((gateway) => hostRoute(gateway, device)).join("; ");
}

/** How the interface that a link-local address names gets one itself. */
function interfaceRemedy(name: string, interfaces: ReadonlySet<string>): string {
  if (!interfaces.has(name)) {
    return `create interface ${name}, or write the one that leads to the gateway behind the % (ip -br link lists them)`;
  }
  return `ip link set ${shellWord(name)} up; ${sysctl("disable_ipv6", 0, [name], 6)}`;
}

/** How packets to a gateway are no longer rejected. `ip route get` would show the kernel's error without its cause. */
function unblockRemedy(gateway: string): string {
  return `delete the prohibit, blackhole or unreachable route or rule that rejects them: gateway-route-manager explain ${gateway}, with the same flags, names it`;
}

/** Interfaces in whose networks such gateways are, and that are turned off. */
function downLinks(gateways: readonly string[], links: readonly Link[]): string[] {
  return links.filter((link) => !link.up && addressesTowards(link, gateways).length > 0).map(({ name }) => name);
}

/**
 * The interface that has addresses without a network around them (/32, /31), as some hosters give them: there, only
 * a host route leads to a gateway. Undefined where there is none, or several.
 */
function unnumberedDevice(links: readonly Link[]): string | undefined {
  const candidates = links.filter(({ name, up, addresses }) => {
    const areHosts = addresses.every(({ address, network }) => {
      const isNarrow = isHost(network) || network.prefix === (familyOf(address) === 4 ? 31 : 127);
      return isNarrow && contains(network, parseHost(address)!); // no peer
    });
    return up && name !== "lo" && addresses.length > 0 && areHosts;
  });
  return candidates.length === 1 ? candidates[0]!.name : undefined;
}
