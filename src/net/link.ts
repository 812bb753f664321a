import type { Cidr } from "./cidr.ts";

/** An interface of this machine. */
export interface Link {
  readonly name: string;
  /** Whether it has been turned on. */
  readonly up: boolean;
  /** Whether its other end is there; an interface that cannot tell has a carrier. */
  readonly carrier: boolean;
  readonly addresses: readonly { readonly address: string; readonly network: Cidr }[];
}
