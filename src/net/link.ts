import { type Cidr, contains, networkOf } from "./cidr.ts";
import { parseAddress } from "./address.ts";

/** An interface of this machine. */
export interface Link {
  readonly name: string;
  /** Whether somebody has turned it on. */
  readonly up: boolean;
  /** Whether something answers at its other end. */
  readonly carrier: boolean;
  readonly addresses: readonly { readonly address: string; readonly network: Cidr }[];
}

/** A link as it was when all was well. */
export interface Way {
  readonly device: string;
  /** Own addresses there in the networks of gateways; none on a link without numbers. */
  readonly addresses: readonly string[];
}

/** The addresses of this machine on a link in whose networks one of the gateways is. */
export function addressesTowards({ addresses }: Link, gateways: readonly string[]): string[] {
  const hosts = gateways.map((gateway) => networkOf(parseAddress(gateway)!, 32));
  return addresses.filter(({ network }) => hosts.some((host) => contains(network, host))).map(({ address }) => address);
}

/**
 * What is wrong with a way, as a clause to follow its name; undefined when nothing is.
 *
 * @param links interfaces that have an IPv4 address; one that is not among them has none, or is gone
 * @param gateways those it leads to
 */
export function faultOf(way: Way, links: readonly Link[], gateways: readonly string[]): string | undefined {
  const lost = `has lost its address ${way.addresses.join(" and ")}`;
  const link = links.find(({ name }) => name === way.device);
  if (!link) return way.addresses.length === 0 ? undefined : `${lost}, or is gone`;
  if (!link.up) return "is down";
  if (!link.carrier) return "has no carrier";
  return way.addresses.length > 0 && addressesTowards(link, gateways).length === 0 ? lost : undefined;
}
