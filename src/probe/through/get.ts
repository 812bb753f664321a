import type { HttpAnswer } from "../../fetch/node-http.ts";
import type { Address, Family } from "../../net/address.ts";
import { abortable } from "../../time/abortable.ts";
import type { GatewayPath } from "../probe.ts";
import { hostAddresses } from "./host-addresses.ts";
import { createSendThrough } from "./request.ts";

/**
 * Asks for one URL through a path, and reads the answer by `read` before the connection is closed.
 *
 * @param family that of the address of the host that is asked
 * @param pathTo the path to that address
 * @throws errors of the network and those of `read`, or the reason of the signal as soon as it aborts
 */
export type GetThrough = <T>(
  family: Family,
  pathTo: (address: Address) => GatewayPath,
  signal: AbortSignal,
  read: (response: HttpAnswer) => Promise<T>,
) => Promise<T>;

/** Asks a host for one URL, many times and through many paths. After a failure another address of the host is tried. */
export function createGetThrough(url: URL, headers: Readonly<Record<string, string>>): GetThrough {
  const send = createSendThrough(url.protocol);
  const addressesOf = hostAddresses(url.hostname);
  let failures = 0;
  const get: GetThrough = async (family, pathTo, signal, read) => {
    const addresses = await addressesOf(signal, family);
    const address = addresses[failures % addresses.length]!;
    try {
      using response = await send(pathTo(address), { url, address, headers }, signal);
      return await read(response);
    } catch (error) {
      failures += 1;
      throw error;
    }
  };
  return (family, pathTo, signal, read) => abortable(get(family, pathTo, signal, read), signal);
}
