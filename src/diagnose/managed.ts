import { type Cidr, contains, formatCidr, overlaps } from "../net/cidr.ts";
import type { Route } from "../routing/types.ts";

/** The networks that these routes of our table send through the gateways. */
export function managedNetworks(wanted: readonly Route[]): Cidr[] {
  return wanted.filter(({ type }) => type === "unicast").map(({ destination }) => destination);
}

/** Whether packets to some address of this network go through the gateways: the longest prefix wins in our table. */
export function usesGateways(network: Cidr, wanted: readonly Route[]): boolean {
  return managedNetworks(wanted).some((managed) => {
    if (!overlaps(managed, network)) return false;
    const shared = managed.prefix > network.prefix ? managed : network;
    return !wanted.some(
      ({ type, destination }) =>
        type === "throw" && destination.prefix > managed.prefix && contains(destination, shared),
    );
  });
}

/** A managed destination that is left out, and the network of this machine that covers it. */
export interface Covered {
  readonly destination: Cidr;
  readonly by: Cidr;
}

export function coveredText({ destination, by }: Covered): string {
  return `-route ${formatCidr(destination)} is left out: ${formatCidr(by)} is a network of this machine`;
}
