import { type Address, type Family, ipv6Address, numberOf } from "../../net/address.ts";

/** AF_INET and AF_INET6 (socket(2)). */
export const AF: Readonly<Record<Family, number>> = { 4: 2, 6: 10 };

/** Bytes of a `struct sockaddr_in`, and of a `struct sockaddr_in6`. */
export const SOCKADDR_LENGTHS: Readonly<Record<Family, number>> = { 4: 16, 6: 28 };

/** Where the address begins in each of them. */
const ADDRESS_AT: Readonly<Record<Family, number>> = { 4: 4, 6: 8 };

const HEX_DIGITS = 32;

/** A `struct sockaddr_in` (ip(7)), or a `struct sockaddr_in6` (ipv6(7)), which names no interface. */
export function encodeSockaddr(address: Address, port: number): Buffer {
  const { family } = address;
  const bytes = Buffer.alloc(SOCKADDR_LENGTHS[family]);
  bytes.writeUInt16LE(AF[family], 0); // in the order of the machine; all supported processors are little-endian
  bytes.writeUInt16BE(port, 2);
  const bits = numberOf(address).toString(16);
  bytes.write(bits.padStart(family === 4 ? 8 : HEX_DIGITS, "0"), ADDRESS_AT[family], "hex");
  return bytes;
}

/** The address in a `struct sockaddr_in` or `sockaddr_in6`; undefined where it is one of another family. */
export function decodeSockaddr(bytes: Buffer): Address | undefined {
  if (bytes.length < 2) return undefined;
  const family = bytes.readUInt16LE(0);
  if (family === AF[4] && bytes.length >= 8) return { family: 4, bits: bytes.readUInt32BE(4) };
  if (family !== AF[6] || bytes.length < 24) return undefined;
  return ipv6Address(BigInt(`0x${bytes.toString("hex", 8, 24)}`));
}
