import { type Cidr, formatCidr } from "../net/cidr.ts";

/** A managed destination that is left out, and the network of this machine that covers it. */
export interface Covered {
  readonly destination: Cidr;
  readonly by: Cidr;
}

export function coveredText({ destination, by }: Covered): string {
  return `-route ${formatCidr(destination)} is left out: ${formatCidr(by)} is a network of this machine`;
}
