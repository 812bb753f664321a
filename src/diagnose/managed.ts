import { type Cidr, contains, overlaps } from "../net/cidr.ts";
import type { Route } from "../routing/types.ts";

/** The networks that these routes of our table send through the gateways. */
export function managedNetworks(wanted: readonly Route[]): Cidr[] {
  return wanted.filter(({ type }) => type === "unicast").map(({ destination }) => destination);
}

/** Whether packets to some address of this network take the gateways: the longest prefix wins in our table. */
export function takesGateways(network: Cidr, wanted: readonly Route[]): boolean {
  return managedNetworks(wanted).some((managed) => {
    if (!overlaps(managed, network)) return false;
    const shared = managed.prefix > network.prefix ? managed : network;
    return !wanted.some(
      ({ type, destination }) =>
        type === "throw" && destination.prefix > managed.prefix && contains(destination, shared),
    );
  });
}
