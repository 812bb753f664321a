import { type Address, ipv6Address, numberOf } from "../net/address.ts";

/** Another user has the port of the service; the message says so, and what to do. */
export class UntrustedPort extends Error {}

/** A TCP socket that listens, and its user. */
export interface Listener {
  readonly address: Address;
  readonly port: number;
  readonly uid: number;
}

/** One line of proc(5) net/tcp or net/tcp6, in state 0A (TCP_LISTEN). */
const LINE = /^ *\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} 0A \S+ \S+ \S+ +(\d+) /;

/** The listeners in the text of /proc/net/tcp or /proc/net/tcp6. */
export function parseListeners(text: string): Listener[] {
  return text.split("\n").flatMap((line) => {
    const [, address, port, uid] = LINE.exec(line) ?? [];
    return address === undefined
      ? []
      : { address: addressOf(address), port: Number.parseInt(port!, 16), uid: Number(uid) };
  });
}

/** The kernel writes each 32 bits of an address as a number of this machine: all supported processors are little-endian. */
function addressOf(digits: string): Address {
  const hex = digits.replaceAll(/(..)(..)(..)(..)/g, "$4$3$2$1");
  return hex.length === 8 ? { family: 4, bits: Number.parseInt(hex, 16) } : ipv6Address(BigInt(`0x${hex}`));
}

/** Where IPv4 is within IPv6 (RFC 4291, 2.5.5.2). */
const MAPPED = 0xffff_0000_0000n;

/**
 * Those that get connections to an address: those that listen at it alone come before those that listen at all, as in the
 * kernel, and IPv6's wildcard accepts IPv4 where nothing else does.
 */
export function listenersFor(address: Address, port: number, all: readonly Listener[]): Listener[] {
  const bits = numberOf(address);
  const isExact = ({ address: one }: Listener): boolean =>
    numberOf(one) === (one.family === address.family ? bits : bits | MAPPED) && one.family >= address.family;
  const isWildcard = (family: number) => (one: Listener) =>
    one.address.family === family && numberOf(one.address) === 0n;
  const ranks = [isExact, isWildcard(address.family), isWildcard(6)];
  const there = all.filter((one) => one.port === port);
  return ranks.map((is) => there.filter(is)).find((some) => some.length > 0) ?? [];
}
