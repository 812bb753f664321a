/**
 * An IP address with its family. Code outside this folder treats it as a whole: only the functions here and in `cidr.ts`
 * look at its bits, so that they alone have to learn IPv6.
 */
export interface Address {
  readonly family: 4;
  /** The 32 bits as an unsigned number, so that ranges and masks are plain arithmetic. */
  readonly bits: number;
}

const OCTET = /^(0|[1-9]\d{0,2})$/;

/**
 * Reads a dotted IPv4 address. Leading zeros are rejected: some programs read them as octal, and an address that two
 * programs read differently must not become a route.
 *
 * @returns the address, or undefined when the text is not one
 */
export function parseAddress(text: string): Address | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let bits = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    bits = bits * 256 + Number(octet);
  }
  return { family: 4, bits };
}

/** Whether a text is an address in the one form that `formatAddress` writes. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/** The dotted form of an address; also its identity, since equal addresses have equal text. */
export function formatAddress({ bits }: Address): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
}

/** The order of addresses, for `sort`. */
export function compareAddresses(a: Address, b: Address): number {
  return a.bits - b.bits;
}

/** How many addresses lie from the first to the last, both included; zero or less when the last comes before the first. */
export function rangeSize(first: Address, last: Address): number {
  return last.bits - first.bits + 1;
}

/** The addresses from the first to the last, both included, in ascending order. */
export function addressRange(first: Address, last: Address): Address[] {
  return Array.from({ length: Math.max(0, rangeSize(first, last)) }, (_, index) => ({
    family: first.family,
    bits: first.bits + index,
  }));
}
