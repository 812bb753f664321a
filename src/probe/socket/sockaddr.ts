import type { Ipv4Address } from "../../net/address.ts";

const AF_INET = 2;

/** A `struct sockaddr_in` (ip(7)). */
export function encodeSockaddr({ bits }: Ipv4Address, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0); // in the order of the machine; all supported processors are little-endian
  bytes.writeUInt16BE(port, 2);
  bytes.writeUInt32BE(bits, 4);
  return bytes;
}

/** The address in a `struct sockaddr_in`; undefined where it is one of another family. */
export function decodeSockaddr(bytes: Buffer): Ipv4Address | undefined {
  if (bytes.length < 8 || bytes.readUInt16LE(0) !== AF_INET) return undefined;
  return { family: 4, bits: bytes.readUInt32BE(4) };
}
