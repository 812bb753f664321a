import { type Cidr, formatCidr } from "../net/cidr.ts";
import { FLAG_WORDS } from "./setting-words.ts";

/** A managed destination that is left out, and the network of this machine that covers it. */
export interface Covered {
  readonly destination: Cidr;
  readonly by: Cidr;
}

export function coveredText({ destination, by }: Covered, words = FLAG_WORDS): string {
  return `${words.route(destination)} is left out: ${formatCidr(by)} is a network of this machine`;
}
