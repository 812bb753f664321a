import { contains, parseHost } from "../net/cidr.ts";
import type { Link } from "../net/link.ts";

/** What is wrong with an interface that leads to gateways. */
export interface LinkFault {
  readonly code: "down" | "no-carrier" | "address-lost" | "gone";
  /** The same as a clause that follows the name of the interface. */
  readonly detail: string;
}

/** An interface as it was when it had no fault. */
export interface SoundLink {
  readonly device: string;
  /** Addresses of this machine there in the networks of gateways; none on an unnumbered interface. */
  readonly addresses: readonly string[];
}

/** The addresses of this machine on an interface in whose networks one of the gateways is. */
export function addressesTowards({ addresses }: Link, gateways: readonly string[]): string[] {
  const hosts = gateways.map((gateway) => parseHost(gateway)!);
  return addresses.filter(({ network }) => hosts.some((host) => contains(network, host))).map(({ address }) => address);
}

/**
 * The fault of an interface; undefined when it has none.
 *
 * @param sound the interface when it had none
 * @param links interfaces that have an address; one that is missing here has none, or does not exist any more
 * @param gateways those that it leads to
 */
export function linkFault(
  { device, addresses }: SoundLink,
  links: readonly Link[],
  gateways: readonly string[],
): LinkFault | undefined {
  const lost = `has lost its address ${addresses.join(" and ")}`;
  const link = links.find(({ name }) => name === device);
  if (!link) return addresses.length === 0 ? undefined : { code: "gone", detail: `${lost}, or is gone` };
  if (!link.up) return { code: "down", detail: "is down" };
  if (!link.carrier) return { code: "no-carrier", detail: "has no carrier" };
  const isLost = addresses.length > 0 && addressesTowards(link, gateways).length === 0;
  return isLost ? { code: "address-lost", detail: lost } : undefined;
}
