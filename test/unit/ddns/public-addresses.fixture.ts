/** Address books of three gateways. */
import { PublicAddresses } from "../../../src/ddns/public-addresses.ts";

export const KEEP_MS = 1000;
export const GATEWAYS = ["a", "b", "c"];
export const NEVER_TOLD = "9.9.9.9";

/** A book in which these gateways are active, and have told these addresses at the time 0. */
export function bookOf(active: Readonly<Record<string, string | undefined>> = {}): PublicAddresses {
  const book = new PublicAddresses(GATEWAYS, KEEP_MS);
  book.setActive(new Set(Object.keys(active)));
  for (const [gateway, address] of Object.entries(active)) {
    if (address !== undefined) book.learn(gateway, address, 0);
  }
  return book;
}

export const activate = (book: PublicAddresses, ...gateways: string[]): void => book.setActive(new Set(gateways));

export const statesOf = (book: PublicAddresses, now = 0): string =>
  GATEWAYS.map((one) => book.stateOf(one, now)).join(" ");
