/** IPv6 addresses of which many have groups of zeros, where their texts differ most. */
import fc from "fast-check";

import { ipv6Address } from "../../../src/net/address.ts";

export const LAST_IPV6 = 2n ** 128n - 1n;

export const at6 = ipv6Address;

const group = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 15 }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 0xffff }) },
);

/** The eight groups of an address. */
export const groups = fc.array(group, { minLength: 8, maxLength: 8 });

export const bitsOfGroups = (list: readonly number[]): bigint =>
  list.reduce((bits, one) => bits * 65536n + BigInt(one), 0n);

export const ipv6Bits = groups.map(bitsOfGroups);

/** IPv4 addresses as sockets see them, whose text has dots. */
export const isMapped = (bits: bigint): boolean => bits >> 32n === 0xffffn;
