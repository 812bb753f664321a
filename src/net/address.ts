/** An IPv4 address as an unsigned 32-bit number, so that ranges and masks are plain arithmetic. */
export type Ipv4 = number;

const OCTET = /^(0|[1-9]\d{0,2})$/;

/**
 * Reads a dotted IPv4 address. Leading zeros are refused: some programs read them as octal, and an address that
 * two programs read differently must not become a route.
 *
 * @returns the address, or undefined when the text is not one
 */
export function parseIpv4(text: string): Ipv4 | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let address = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    address = address * 256 + Number(octet);
  }
  return address;
}

/** The dotted form of an address. */
export function formatIpv4(address: Ipv4): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
