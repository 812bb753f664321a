import dns from "node:dns/promises";

import { NO_IPV6_ADDRESS } from "../../fetch/failure.ts";
import { type Address, FAMILIES, type Family, parseAddress } from "../../net/address.ts";
import { rangeOfNoHost } from "../../net/reserved.ts";
import { addressInUrl } from "../../net/url-host.ts";
import { abortable } from "../../time/abortable.ts";

/** So many milliseconds the addresses of a name are used before they are looked up again. */
const FRESH_MS = 60_000;

/**
 * The addresses of a host in a family, IPv4 by default, for many probes.
 *
 * Rejects when the signal aborts, or when the host has never had an address of the family.
 */
export type HostAddresses = (signal: AbortSignal, family?: Family) => Promise<readonly Address[]>;

/**
 * A name is looked up over the ordinary routes, by one look-up of each family at a time, and never again while a probe
 * waits: known addresses stay in use during later look-ups and when those fail.
 *
 * @param hostname that of a URL
 */
export function hostAddresses(hostname: string): HostAddresses {
  const literal = addressInUrl(hostname);
  if (literal)
    return async (_, family = 4) => {
      if (literal.family !== family) throw noAddress(family);
      return [literal];
    };
  const [of4, of6] = FAMILIES.map((family) => addressesOfName(hostname, family));
  return (signal, family = 4) => (family === 4 ? of4! : of6!)(signal);
}

function addressesOfName(hostname: string, family: Family): (signal: AbortSignal) => Promise<readonly Address[]> {
  let known: readonly Address[] | undefined;
  let readAt = 0;
  let running: Promise<readonly Address[]> | undefined;

  const lookUp = async (): Promise<readonly Address[]> => {
    const found = await dns.lookup(hostname, { family, all: true }).catch((error: unknown) => {
      throw family === 6 && (error as { code?: unknown }).code === "ENOTFOUND" ? noAddress(6) : error;
    });
    const addresses = found.map(({ address }) => parseAddress(address, [family])!).filter(isOfItsFamily);
    if (addresses.length === 0) throw noAddress(family);
    readAt = performance.now();
    return (known = addresses);
  };
  const refresh = (): Promise<readonly Address[]> => (running ??= lookUp().finally(() => (running = undefined)));

  return async (signal) => {
    if (!known) return abortable(refresh(), signal);
    if (performance.now() - readAt > FRESH_MS) refresh().catch(() => {});
    return known;
  };
}

/** Packets to an address of IPv6 that stands for one of IPv4 (::ffff:0:0/96) are of IPv4, and prove nothing of IPv6. */
function isOfItsFamily(address: Address): boolean {
  return address.family === 4 || rangeOfNoHost(address) === undefined;
}

function noAddress(family: Family): Error {
  return Object.assign(new Error(`no IPv${family} address`), { code: family === 4 ? "ENOTFOUND" : NO_IPV6_ADDRESS });
}
