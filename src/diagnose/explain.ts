import { destinationsOf } from "../config/destinations.ts";
import type { GivenGateways } from "../config/members.ts";
import { addressesOf, type Config, type PoolConfig } from "../config/model.ts";
import { IP_PROTOCOLS, type IpProtocol } from "../net/ip-protocol.ts";
import { askRoute, interfaceTowards, readRulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { classify } from "../routing/classify.ts";
import { lookUpRules, type Packet } from "../routing/rule-lookup.ts";
import { isSelected } from "../routing/selector-match.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { checkIp } from "../service/preflight.ts";
import { drainedBy } from "./drained.ts";
import type { PacketFacts } from "./explanation.ts";
import { readSettings } from "./host-facts.ts";
import { probePathsTo } from "./probe-paths-to.ts";

/** A packet, as far as it is known. Ports are numbers of TCP or UDP. */
interface Question {
  readonly to: string;
  readonly from: string | undefined;
  readonly protocol: IpProtocol;
  readonly sport: number | undefined;
  readonly dport: number | undefined;
}

/**
 * Looks up the rules and routes for a packet, changing nothing.
 *
 * @param given how the flags give the gateways
 * @throws when there is no usable `ip`, or it cannot list rules and routes
 */
export async function explain(config: Config, question: Question, given?: GivenGateways): Promise<PacketFacts> {
  const { mostWords } = await checkIp();
  const packet = await packetOf(question);
  const own = poolOf(config, packet);
  const pool = own ?? config.pools[0];
  const { table } = pool;
  const kernel = createKernel({ mostWords });
  const [{ rules, routes }, answer, observed, managed] = await Promise.all([
    readRulesAndRoutes(packet.to),
    askRoute(packet),
    kernel.observe(table, []),
    lockedTables([table]),
  ]);
  const { drained } = drainedBy(config);
  const destinations = destinationsOf(pool, addressesOf(config));
  return {
    packet,
    table,
    gateways: pool.gateways,
    named: config.gateways,
    ...(given && { given }),
    running: managed.has(table),
    destinations,
    classification: own ? classify(packet.to, destinations, observed.connected) : { kind: "unselected" },
    rules,
    steps: lookUpRules(rules, routes, packet),
    answer,
    drained: pool.gateways.filter((gateway) => drained.has(gateway)),
    settings: readSettings([]),
    probes: probePathsTo(packet.to, config, rules),
  };
}

/** The first pool that is for a packet; undefined where none is. */
function poolOf({ pools }: Config, packet: Packet): PoolConfig | undefined {
  const inOrder = pools.toSorted((one, other) => one.preference - other.preference);
  return inOrder.find(({ selectors }) => isSelected(packet, selectors));
}

async function packetOf({ protocol, ...question }: Question): Promise<Packet> {
  const { from } = question;
  const iif = from === undefined ? "lo" : await interfaceTowards(from);
  if (iif === undefined) throw new Error(`-from ${from}: no interface of this machine leads to this address`);
  return { ...question, iif, protocol: IP_PROTOCOLS[protocol], uid: process.getuid?.() ?? 0 };
}
