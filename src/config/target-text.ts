import { type Address, FAMILIES, formatAddress, isLinkLocal, parseAddress } from "../net/address.ts";
import { rangeOfNoHost } from "../net/reserved.ts";
import { addressInUrl } from "../net/url-host.ts";

/*
 * How targets beyond the gateways are written: an IPv6 address has colons itself, so with a port it is in brackets, as in
 * URLs.
 */

/** The address of a target and what stands where its port would; the port is undefined where nothing does. */
export function splitPort(text: string): { readonly address: string; readonly port: string | undefined } {
  const [, inside, behind] = /^\[([^\]]*)\](?::(.*))?$/s.exec(text) ?? [];
  if (inside !== undefined) return { address: inside, port: behind };
  if (parseAddress(text, [6])) return { address: text, port: undefined };
  const [address = "", ...ports] = text.split(":");
  return { address, port: ports.length === 0 ? undefined : ports.join(":") };
}

/** A text that may be an IPv6 address and a port, with the brackets that it lacks; undefined for any other. */
export function inBrackets(text: string): string | undefined {
  const [, address = "", port] = /^([^[\]]*):(\d{1,5})$/.exec(text) ?? [];
  return parseAddress(address, [6]) && `[${address}]:${port}`;
}

/** The address as it stands before a port. */
export function beforePort(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** What a target is called: as it is given, but with the one form of an IPv6 address (RFC 5952). */
export function targetName(text: string): string {
  const alone = parseAddress(text.replace(/^\[(.*)\]$/s, "$1"), [6]);
  if (alone !== undefined) return formatAddress(alone);
  return text.replace(/^(https?:\/\/)?\[([^\]]+)\]/i, (whole, scheme: string = "", inside: string) => {
    const address = parseAddress(inside, [6]);
    return address === undefined ? whole : `${scheme}[${formatAddress(address)}]`;
  });
}

/** The host of a URL: its address without brackets, or its name. */
export function hostOfUrl(url: string): string {
  const { hostname } = new URL(url);
  const address = addressInUrl(hostname);
  return address === undefined ? hostname : formatAddress(address);
}

/** Why no packet to a host can go through a gateway: it is this machine itself, no machine, or on a network of this machine. */
export function unreachableReason(host: string): string | undefined {
  const address = parseAddress(host, FAMILIES);
  return address === undefined || canBeBeyond(address)
    ? undefined
    : `targets beyond the gateways, which ${host} cannot be`;
}

function canBeBeyond(address: Address): boolean {
  return rangeOfNoHost(address) === undefined && !isLinkLocal(address);
}
