import { isAddress } from "../net/address.ts";

/** Endings that cannot be registered in the public DNS (RFC 6761, RFC 8375, ICANN's lists). */
const LOCAL = [
  "local",
  "localhost",
  "localdomain",
  "lan",
  "home",
  "home.arpa",
  "internal",
  "intranet",
  "corp",
  "private",
];

/**
 * Whether a Host header is an address or a local name. A web page from elsewhere can let its own name resolve to an address
 * of this network and then read what answers there (DNS rebinding); but such a name is public.
 *
 * @param host undefined or empty without a header, so not from a browser
 */
export function isLocalHost(host: string | undefined): boolean {
  if (!host || /^\[[0-9a-f:.]+\](:\d+)?$/i.test(host)) return true;
  const name = nameInHost(host);
  return isAddress(name) || !name.includes(".") || LOCAL.some((ending) => name.endsWith(`.${ending}`));
}

/** The name in a Host header, without a port and in small letters, as DNS compares names. */
export function nameInHost(host: string): string {
  return host.replace(/:\d*$/, "").replace(/\.$/, "").toLowerCase();
}

/** Whether a name can be one of DNS, so that it can stand in a message as it is. */
export function isHostname(name: string): boolean {
  return name.length <= 253 && /^[a-z\d_]([a-z\d._-]*[a-z\d_])?$/.test(name);
}
