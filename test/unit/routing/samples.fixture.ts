/** Networks of every kind of overlap, and what happens to packets to them. */
import fc from "fast-check";

import { formatAddress } from "../../../src/net/address.ts";
import { type Cidr, formatCidr, networkOf } from "../../../src/net/cidr.ts";
import type { FakeKernel } from "../../fakes/kernel.ts";

/** Networks that nest and touch. */
const network = fc
  .tuple(fc.constantFrom(0, 1, 2, 8, 9, 10), fc.constantFrom(0, 1, 2, 3))
  .map(([prefix, bits]) => networkOf({ family: 4, bits: (bits << 22) >>> 0 }, prefix));

export const networks = (minLength: number, maxLength: number): fc.Arbitrary<Cidr[]> =>
  fc.uniqueArray(network, { minLength, maxLength, selector: formatCidr });

/** Addresses in and between those networks, one of a gateway, and one far away. */
const ADDRESSES = Array.from({ length: 64 }, (_, index) =>
  formatAddress({ family: 4, bits: (index << 20) >>> 0 }),
).concat("10.0.0.11", "200.1.1.1");

/** What happens to packets to each of these addresses. */
export const lookUpAll = (kernel: FakeKernel): string[] => ADDRESSES.map((address) => kernel.lookup(address));
