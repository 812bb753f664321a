import type { ServiceEvent } from "../../../src/events/events.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import { FAMILIES } from "../../../src/net/address.ts";
import type { ObservedRule } from "../../../src/routing/types.ts";
import { route } from "./model.fixture.ts";
import { setUpPools, up } from "./pools.fixture.ts";

export const SWEDEN = ["10.77.0.10", "fd00:77::10"] as const;
export const NORWAY = ["10.77.0.11", "fd00:77::11"] as const;
/** With IPv4 alone. */
export const LTE = "10.77.0.12";

/** A pool that routes both families, of three gateways, two of which have addresses of both. */
export const BOTH_FAMILIES = `
[service]
metrics-port = 9090
[probe.health]
type = "http"
port = 9999
[[gateway]]
name = "sweden"
address = ["10.77.0.10", "fd00:77::10"]
[[gateway]]
name = "norway"
address = ["10.77.0.11", "fd00:77::11"]
[[gateway]]
name = "lte"
address = "10.77.0.12"
[[pool]]
name = "vpn"
routes = ["default", "default6"]
members = ["sweden", "norway", "lte"]
when-no-gateways = "unreachable"
`;

const RULES = FAMILIES.map((family): ObservedRule => ({
  ...({ family, preference: 10888, kind: "lookup", table: 180, protocol: 173 } as const),
}));

const hop = (gateway: string) => ({ gateway, weight: 1, device: "gw0" });

/** What is read of the routes over these gateways, as each family reads it. */
export const observed4 = (...gateways: readonly string[]): ServiceEvent => ({
  type: "observed",
  gateways: gateways.length,
  routes: gateways.length === 0 ? [] : [route(gateways.map(hop))],
  rules: [RULES[0]!],
});

export const observed6 = (...gateways: readonly string[]): ServiceEvent => ({
  type: "observed",
  family: 6,
  gateways: gateways.length,
  routes:
    gateways.length === 0
      ? []
      : [route(gateways.map(hop), { family: 6, destination: parseCidr("::/0", FAMILIES)!, metric: 1024 })],
  rules: [RULES[1]!],
});

/** The pool at work, all gateways up in both families. */
export function inBothFamilies(file = BOTH_FAMILIES) {
  const opened = setUpPools(file);
  opened.record(...[...SWEDEN, ...NORWAY, LTE].map((one) => up(one)));
  opened.recordIn("vpn", observed4(SWEDEN[0], NORWAY[0], LTE), observed6(SWEDEN[1], NORWAY[1]));
  return opened;
}
