import { type Cidr, contains, prefixesAround } from "../net/cidr.ts";
import type { Route } from "./types.ts";

/** The networks that these routes of our table send through the gateways. */
export function managedNetworks(wanted: readonly Route[]): Cidr[] {
  return wanted.filter(({ type }) => type === "unicast").map(({ destination }) => destination);
}

/** The networks that these routes of our table leave to the next rules. */
export function excludedNetworks(wanted: readonly Route[]): Cidr[] {
  return wanted.filter(({ type }) => type === "throw").map(({ destination }) => destination);
}

/** Whether packets to some address of a network go through the gateways: the longest prefix wins in our table. */
export function usesGateways(network: Cidr, wanted: readonly Route[]): boolean {
  return managedTest(wanted)(network);
}

/** The same for many networks, quick even with many exclusions. */
export function managedTest(wanted: readonly Route[]): (network: Cidr) => boolean {
  const managed = managedNetworks(wanted);
  const around = prefixesAround(excludedNetworks(wanted));
  return (network) =>
    managed.some(
      (one) =>
        contains(network, one) || (contains(one, network) && !around(network).some((prefix) => prefix > one.prefix)),
    );
}
