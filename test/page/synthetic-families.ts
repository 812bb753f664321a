/** The status of a synthetic service whose gateways have addresses of both families. */
import type { Gateway, PoolFamily, Status } from "../../src/status/schema.ts";
import { verdictOf, verdictOfFamilies } from "../../src/status/verdict.ts";
import { type Service, statusOf } from "./synthetic.ts";

/** As long as an address of IPv6 can be. */
export const address6Of = (number: number): string =>
  `fd4a:77c1:19e2:c0de:b1ff:a0b2:33d4:${(0xa000 + number).toString(16)}`;

/** @param down6 the gateways that are down in IPv6 */
export function statusOfBoth(service: Service, down6: readonly number[]): Status {
  const status = statusOf(service);
  const other = statusOf({ ...service, down: down6 });
  const renamed = new Map(other.gateways.map(({ address }, index) => [address, address6Of(index + 1)]));
  const gateways6 = other.gateways.map((gateway, index): Gateway => {
    const { address } = status.gateways[index]!;
    return { ...gateway, address: renamed.get(gateway.address)!, otherAddress: address };
  });
  const gateways4 = status.gateways.map((gateway, index) => ({ ...gateway, otherAddress: address6Of(index + 1) }));
  const families = [
    familyOf("ipv4", gateways4, status.routing),
    familyOf("ipv6", gateways6, inIpv6(other.routing, renamed)),
  ];
  return {
    ...status,
    ...verdictOfFamilies(families.map((one, index) => ({ ...one, family: index === 0 ? 4 : 6 }))),
    gateways: gateways4.flatMap((gateway, index) => [gateway, gateways6[index]!]),
    families,
  };
}

function familyOf(family: PoolFamily["family"], gateways: readonly Gateway[], routing: Status["routing"]): PoolFamily {
  const up = gateways.filter(({ state }) => state === "up").length;
  const { verdict, why } = verdictOf(gateways, routing.standing, routing.whenNoGateways);
  return { family, verdict, why, usable: up, total: gateways.length, short: false, routing };
}

function inIpv6(routing: Status["routing"], renamed: ReadonlyMap<string, string>): Status["routing"] {
  const rename = <T extends { readonly gateway: string }>(one: T): T => ({
    ...one,
    gateway: renamed.get(one.gateway)!,
  });
  return {
    ...{ ...routing, exclusions: 9 },
    routes: routing.routes.map((route) => ({
      ...{ ...route, destination: "::/0", metric: 1024 },
      ...{ nexthops: route.nexthops.map(rename), shares: route.shares.map(rename) },
    })),
  };
}
