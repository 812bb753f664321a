/** Address books of three gateways. */
import { AddressBook } from "../../../src/ddns/addresses.ts";

export const KEEP_MS = 1000;
export const GATEWAYS = ["a", "b", "c"];
export const NEVER_TOLD = "9.9.9.9";

/** A book in which these gateways are active, and have told these addresses at the time 0. */
export function bookOf(active: Readonly<Record<string, string | undefined>> = {}): AddressBook {
  const book = new AddressBook(GATEWAYS, KEEP_MS);
  book.setActive(new Set(Object.keys(active)));
  for (const [gateway, address] of Object.entries(active)) {
    if (address !== undefined) book.learn(gateway, address, 0);
  }
  return book;
}

export const activate = (book: AddressBook, ...gateways: string[]): void => book.setActive(new Set(gateways));

export const statesOf = (book: AddressBook, now = 0): string => GATEWAYS.map((one) => book.stateOf(one, now)).join(" ");
