import { type Family, FAMILIES, formatAddress, ipv6Address, numberOf, parseAddress } from "../../net/address.ts";
import { RECORD_TYPES } from "../record-type.ts";
import { type ResourceRecord, TYPE } from "./message.ts";

/** The type of the records that hold addresses of a family. */
export function addressType(family: Family): number {
  return TYPE[RECORD_TYPES[family]];
}

/** Bytes of an address. */
const LENGTHS: Readonly<Record<Family, number>> = { 4: 4, 6: 16 };

/** The address in the data of a record; undefined where it holds none of the family. */
export function addressIn({ data }: Pick<ResourceRecord, "data">, family: Family): string | undefined {
  if (data.length !== LENGTHS[family]) return undefined;
  return family === 4 ? data.join(".") : formatAddress(ipv6Address(BigInt(`0x${data.toString("hex")}`)));
}

/** The data of a record with this address. */
export function dataOf(text: string): Buffer {
  const address = parseAddress(text, FAMILIES)!;
  const digits = numberOf(address).toString(16);
  return Buffer.from(digits.padStart(2 * LENGTHS[address.family], "0"), "hex");
}
