import { abortable } from "../../time/abortable.ts";
import type { GatewayPath } from "../probe.ts";
import { hostAddresses } from "./host-addresses.ts";
import { createSendThrough, type ThroughResponse } from "./request.ts";

/**
 * Asks for one URL through a path, and reads the answer by `read` before the connection is closed.
 *
 * @throws errors of the network and those of `read`, or the reason of the signal as soon as it aborts
 */
export type GetThrough = <T>(
  path: GatewayPath,
  signal: AbortSignal,
  read: (response: ThroughResponse) => Promise<T>,
) => Promise<T>;

/** Asks a host for one URL, many times and through many paths. After a failure another address of the host is tried. */
export function createGetThrough(url: URL, headers: Readonly<Record<string, string>>): GetThrough {
  const send = createSendThrough(url.protocol);
  const addressesOf = hostAddresses(url.hostname);
  let failures = 0;
  const get: GetThrough = async (path, signal, read) => {
    const addresses = await addressesOf(signal);
    const address = addresses[failures % addresses.length]!;
    try {
      using response = await send(path, { url, address, headers }, signal);
      return await read(response);
    } catch (error) {
      failures += 1;
      throw error;
    }
  };
  return (path, signal, read) => abortable(get(path, signal, read), signal);
}
