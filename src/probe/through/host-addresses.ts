import dns from "node:dns/promises";

import { type Ipv4Address, parseAddress } from "../../net/address.ts";
import { abortable } from "../../time/abortable.ts";

/** So many milliseconds the addresses of a name are used before they are looked up again. */
const FRESH_MS = 60_000;

/**
 * The IPv4 addresses of a host, for many probes. A name is looked up over the ordinary routes, by one look-up at a time,
 * and never again while a probe waits: known addresses stay in use during later look-ups and when those fail.
 *
 * @returns a function that rejects when its signal aborts, or when the name has never had an address
 */
export function hostAddresses(hostname: string): (signal: AbortSignal) => Promise<readonly Ipv4Address[]> {
  const literal = parseAddress(hostname);
  if (literal) return async () => [literal];
  let known: readonly Ipv4Address[] | undefined;
  let readAt = 0;
  let running: Promise<readonly Ipv4Address[]> | undefined;

  const lookUp = async (): Promise<readonly Ipv4Address[]> => {
    const found = await dns.lookup(hostname, { family: 4, all: true });
    readAt = performance.now();
    return (known = found.map(({ address }) => parseAddress(address)!));
  };
  const refresh = (): Promise<readonly Ipv4Address[]> => (running ??= lookUp().finally(() => (running = undefined)));

  return async (signal) => {
    if (!known) return abortable(refresh(), signal);
    if (performance.now() - readAt > FRESH_MS) refresh().catch(() => {});
    return known;
  };
}
