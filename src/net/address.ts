import { formatIpv6, parseIpv6 } from "./ipv6-text.ts";

/** A family of IP addresses. */
export type Family = Address["family"];

/**
 * An IP address, which knows its family. Code outside this folder treats it as a whole: only the functions here and in
 * `cidr.ts` look at its bits.
 */
export type Address = Ipv4Address | Ipv6Address;

export interface Ipv4Address {
  readonly family: 4;
  /** The 32 bits as an unsigned number, so that ranges and masks are plain arithmetic. */
  readonly bits: number;
}

export interface Ipv6Address {
  readonly family: 6;
  /** The 128 bits as 32 hexadecimal digits: no number can hold them, and JSON, by which values are compared, has no bigint. */
  readonly bits: string;
  /** The interface of a link-local address: on each of them another machine may have the same. */
  readonly zone?: string;
}

/** Both families, for what is read whatever its family. */
export const FAMILIES: readonly Family[] = [4, 6];

const IPV4_ALONE: readonly Family[] = [4];

const OCTET = /^(0|[1-9]\d{0,2})$/;

/** A name that the kernel allows for an interface, without characters that mean something in a zone or a command. */
const ZONE = /^(?!\.\.?$)[^\s/:%"'#\\\x00-\x1f\x7f-\x9f]{1,15}$/;

/**
 * Reads an address of one of the families; of IPv4 alone where none are named. Leading zeros of IPv4 are rejected: some
 * programs read them as octal, and an address that two programs read differently must not become a route. A zone
 * (`fe80::10%lan0`) is for link-local addresses alone (RFC 4007).
 *
 * @returns the address, or undefined when the text is not one
 */
export function parseAddress(text: string): Ipv4Address | undefined;
export function parseAddress(text: string, families: readonly Family[]): Address | undefined;
export function parseAddress(text: string, families = IPV4_ALONE): Address | undefined {
  const address = text.includes(":") ? readIpv6(text) : readIpv4(text);
  return address !== undefined && families.includes(address.family) ? address : undefined;
}

function readIpv4(text: string): Ipv4Address | undefined {
  const bits = readOctets(text);
  return bits === undefined ? undefined : { family: 4, bits };
}

function readOctets(text: string): number | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let bits = 0;
  for (const octet of octets) {
    if (!OCTET.test(octet) || Number(octet) > 255) return undefined;
    bits = bits * 256 + Number(octet);
  }
  return bits;
}

function readIpv6(text: string): Ipv6Address | undefined {
  const [, plain = "", zone] = /^([^%]*)(?:%(.*))?$/s.exec(text)!;
  const bits = parseIpv6(plain, readOctets);
  if (bits === undefined) return undefined;
  const address = ipv6Address(bits);
  if (zone === undefined) return address;
  return isLinkLocal(address) && ZONE.test(zone) ? { ...address, zone } : undefined;
}

/** The address of a number below 2^128. */
export function ipv6Address(bits: bigint): Ipv6Address {
  return { family: 6, bits: bits.toString(16).padStart(32, "0") };
}

/** The number of an address, exact for both families. */
export function numberOf({ family, bits }: Address): bigint {
  return BigInt(family === 4 ? bits : `0x${bits}`);
}

/** Whether an address means something on one network alone, so that an interface has to be known with it (fe80::/10). */
export function isLinkLocal(address: Address): address is Ipv6Address {
  return address.family === 6 && /^fe[89ab]/.test(address.bits);
}

/** The family of an address, by its text. */
export function familyOf(address: string): Family {
  return address.includes(":") ? 6 : 4;
}

/** Whether a text is an address of one of the families, in any form that `parseAddress` reads. */
export function isAddress(text: string, families = IPV4_ALONE): boolean {
  return parseAddress(text, families) !== undefined;
}

/** The one form of an address (RFC 5952 for IPv6); also its identity, since equal addresses have equal text. */
export function formatAddress(address: Address): string {
  if (address.family === 4) return writeOctets(address.bits);
  const text = formatIpv6(numberOf(address), writeOctets);
  return address.zone === undefined ? text : `${text}%${address.zone}`;
}

function writeOctets(bits: number): string {
  return [24, 16, 8, 0].map((shift) => (bits >>> shift) & 255).join(".");
}

/** The order of addresses, for `sort`: IPv4 first. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family - b.family;
  if (a.bits !== b.bits) return a.bits < b.bits ? -1 : 1;
  const [zone, other] = [zoneOf(a) ?? "", zoneOf(b) ?? ""];
  return zone === other ? 0 : zone < other ? -1 : 1;
}

/** The interface that an address names; undefined where it names none. */
export function zoneOf(address: Address): string | undefined {
  return address.family === 6 ? address.zone : undefined;
}

/**
 * How many addresses lie from the first to the last, both included; zero or less when the last comes before the first, and
 * not a number when they have nothing between them: of two families, or of two zones.
 */
export function rangeSize(first: Address, last: Address): number {
  const steps = stepsBetween(first, last);
  return steps === undefined ? Number.NaN : Number(steps) + 1;
}

/** How far the last address is from the first, exactly; undefined when they have nothing between them. */
export function stepsBetween(first: Address, last: Address): bigint | undefined {
  if (first.family !== last.family || zoneOf(first) !== zoneOf(last)) return undefined;
  return numberOf(last) - numberOf(first);
}

/** The addresses from the first to the last, both included, in ascending order. */
export function addressRange(first: Address, last: Address): Address[] {
  return Array.from({ length: Math.max(0, rangeSize(first, last) || 0) }, (_, index) => {
    return addressAfter(first, BigInt(index));
  });
}

/** The address so many after another one, of the same family and zone. */
export function addressAfter<A extends Address>(address: A, count: bigint): A {
  if (address.family === 4) return { ...address, bits: address.bits + Number(count) };
  return { ...address, bits: ipv6Address(numberOf(address) + count).bits };
}
