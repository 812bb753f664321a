import { destinationsOf } from "../config/destinations.ts";
import { memberAddresses, namedAddresses } from "../config/families.ts";
import type { GivenGateways } from "../config/members.ts";
import { addressesOf, type Config, type PoolConfig } from "../config/model.ts";
import { haveNames } from "../events/per-pool.ts";
import { familyOf, FAMILIES, parseAddress, zoneOf } from "../net/address.ts";
import { type IpProtocol, protocolIn } from "../net/ip-protocol.ts";
import { askRoute, interfaceTowards, readConnected, readRulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { lookUpRules, type Packet } from "../routing/rule-lookup.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { checkIp } from "../service/preflight.ts";
import { drainedBy } from "./drained.ts";
import { type AskedOf, type PacketFacts, tableNow } from "./explanation.ts";
import { readHash, readInterfaces } from "./host-facts.ts";
import { packetPools } from "./packet-pools.ts";
import { takersAmong, verdictsOf } from "./pool-verdicts.ts";
import { probePathsTo } from "./probe-paths-to.ts";

/** A packet, as far as it is known. Ports are numbers of TCP or UDP. */
export interface Question {
  /** With the interface of a link-local address. */
  readonly to: string;
  readonly from: string | undefined;
  /** The interface on which it comes in; that which leads to the source by default. */
  readonly in?: string | undefined;
  readonly mark?: number | undefined;
  readonly protocol: IpProtocol;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
  /** Of IPv6. */
  readonly flowLabel?: number | undefined;
}

/**
 * Looks up the rules and routes for a packet, changing nothing.
 *
 * @param given how the flags give the gateways
 * @throws when there is no usable `ip`, or it cannot list rules and routes
 */
export async function explain(config: Config, question: Question, given?: GivenGateways): Promise<PacketFacts> {
  await checkIp();
  const packet = await packetOf(question);
  const family = familyOf(packet.to);
  const [{ rules, routes }, answer, connected, managed] = await Promise.all([
    readRulesAndRoutes(packet.to),
    askRoute(packet),
    readConnected(family),
    lockedTables(config.pools.map(({ table }) => table)),
  ]);
  const verdicts = verdictsOf(config, packet, connected);
  const own = takersAmong(verdicts)[0] ?? verdicts.find(({ selected }) => selected) ?? verdicts[0]!;
  const { table } = own.pool;
  const pools = haveNames(config.pools) ? packetPools(config, verdicts) : undefined;
  const steps = lookUpRules(rules, routes, packet);
  const now = tableNow({ steps, table, pools });
  const gateways = gatewaysFor(packet, config.pools.find((one) => one.table === now) ?? own.pool);
  const asked = askedOf(question);
  const { drained } = drainedBy(config);
  return {
    packet,
    table,
    gateways,
    named: namedAddresses(config.gateways),
    ...(given && { given }),
    ...(pools && { pools }),
    ...(Object.keys(asked).length > 0 && { asked }),
    running: managed.has(table),
    destinations: destinationsOf(own.pool, addressesOf(config)),
    classification: own.classification,
    rules,
    steps,
    answer,
    drained: gateways.filter((gateway) => drained.has(gateway)),
    settings: readHash(family),
    probes: probePathsTo(packet.to, config, rules),
  };
}

function askedOf({ in: device, mark, flowLabel }: Question): AskedOf {
  return {
    ...(device !== undefined && { in: device }),
    ...(mark !== undefined && { mark }),
    ...(flowLabel !== undefined && { flowLabel }),
  };
}

/** The addresses of the family of a packet that the gateways of a pool have. */
function gatewaysFor({ to }: Packet, { members }: PoolConfig): readonly string[] {
  return members.flatMap(memberAddresses).filter((address) => familyOf(address) === familyOf(to));
}

async function packetOf(question: Question): Promise<Packet> {
  const { protocol, in: device, mark, flowLabel, ...ends } = question;
  const iif = device ?? (await interfaceFrom(ends.from));
  const oif = zoneOf(parseAddress(ends.to, FAMILIES)!);
  const known = readInterfaces();
  if (iif !== "lo" && !known.includes(iif)) throw new Error(`-in ${iif}: this machine has no such interface`);
  if (oif !== undefined && !known.includes(oif)) throw new Error(`${ends.to}: this machine has no interface ${oif}`);
  return {
    ...{ ...ends, iif, protocol: protocolIn(familyOf(ends.to), protocol), uid: process.getuid?.() ?? 0 },
    ...(oif !== undefined && { oif }),
    ...(mark !== undefined && { mark }),
    ...(flowLabel !== undefined && { flowLabel }),
  };
}

async function interfaceFrom(from: string | undefined): Promise<string> {
  const device = from === undefined ? "lo" : await interfaceTowards(from);
  if (device === undefined) throw new Error(`-from ${from}: no interface of this machine leads to this address`);
  return device;
}
