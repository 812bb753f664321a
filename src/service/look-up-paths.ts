import { networkInterfaces } from "node:os";

import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, looksUpThrough } from "../config/model.ts";
import type { LookUpPath } from "../ddns/look-up.ts";
import { type Address, FAMILIES, formatAddress } from "../net/address.ts";
import { type Cidr, parseCidr } from "../net/cidr.ts";
import type { GatewayPath } from "../probe/probe.ts";
import { findUnsupported } from "../probe/socket/marked-socket.ts";
import { classify } from "../routing/classify.ts";
import { gatewayPaths } from "./gateway-paths.ts";

/**
 * The path of each look-up of a public address: through its gateway to an address that any pool routes through its
 * gateways, and the usual routes to any other, such as one in the own network. Undefined where all look-ups take the latter.
 *
 * @param readConnected reads the networks of this machine
 */
export function lookUpPath(config: Config, readConnected = connectedNetworks): LookUpPath | undefined {
  if (!looksUpThrough(config)) return undefined;
  const gateways = addressesOf(config);
  const paths = gatewayPaths(config);
  const destinations = config.pools.map((pool) => destinationsOf(pool, gateways));
  return (gateway, address) => {
    const [text, connected] = [formatAddress(address), readConnected()];
    const isManaged = destinations.some((one) => classify(text, one, connected).kind === "managed");
    return isManaged ? paths.get(gateway)! : usualPath(address);
  };
}

/** Without a mark: packets take the usual routes. */
function usualPath({ family }: Address): GatewayPath {
  return { family, mark: 0 };
}

function connectedNetworks(): Cidr[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all.flatMap(({ cidr }) => (cidr === null ? [] : (parseCidr(cidr, FAMILIES) ?? [])));
}

/** What follows where packets cannot be marked: the configuration as it can be served then, and what to warn of. */
export interface Unmarked {
  readonly config: Config;
  readonly detail: string;
  readonly remedy: string;
}

/** Whether look-ups through the gateways need marks that this process cannot give; undefined where all is well. */
export function withoutMarks(config: Config): Unmarked | undefined {
  const why = looksUpThrough(config) ? findUnsupported(["tcp"]) : undefined;
  if (why === undefined) return undefined;
  const { gateways, publicIp } = config;
  const count = gateways.length;
  const subject = `-public-ip-service-hostname ${publicIp.publicIpServiceHostname}`;
  const what =
    "every look-up takes the usual routes; where these lead through the gateways, the service reports the address of whichever one carries that connection";
  return {
    config: { ...config, publicIp: { ...publicIp, unmarked: true } },
    detail: `${subject} with ${count} ${count === 1 ? "gateway" : "gateways"}: ${why.detail}; ${what}, and the records will be wrong and change`,
    remedy: `${why.remedy}; or leave the flag out, so that each gateway is asked for its own address`,
  };
}
