/** Public addresses of three gateways. */
import { PublicAddresses } from "../../../src/ddns/public-addresses.ts";

export const RETAIN_MS = 1000;
export const GATEWAYS = ["a", "b", "c"];
export const NEVER_FOUND = "9.9.9.9";

/** These gateways are active, and look-ups found these addresses at the time 0. */
export function addressesOf(active: Readonly<Record<string, string | undefined>> = {}): PublicAddresses {
  const addresses = new PublicAddresses(GATEWAYS, RETAIN_MS);
  addresses.setActive(new Set(Object.keys(active)));
  for (const [gateway, address] of Object.entries(active)) {
    if (address !== undefined) addresses.succeeded(gateway, address, 0);
  }
  return addresses;
}

export const activate = (addresses: PublicAddresses, ...gateways: string[]): void =>
  addresses.setActive(new Set(gateways));

export const statesOf = (addresses: PublicAddresses, now = 0): string =>
  GATEWAYS.map((one) => addresses.stateOf(one, now)).join(" ");
