import { destinationsOf } from "../config/destinations.ts";
import type { GivenGateways } from "../config/members.ts";
import { addressesOf, type Config } from "../config/model.ts";
import { haveNames } from "../events/per-pool.ts";
import { IP_PROTOCOLS, type IpProtocol } from "../net/ip-protocol.ts";
import { askRoute, interfaceTowards, readRulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { lookUpRules, type Packet } from "../routing/rule-lookup.ts";
import { lockedTables } from "../service/instance-lock.ts";
import { checkIp } from "../service/preflight.ts";
import { drainedBy } from "./drained.ts";
import { type PacketFacts, tableNow } from "./explanation.ts";
import { readInterfaces, readSettings } from "./host-facts.ts";
import { packetPools } from "./packet-pools.ts";
import { takersAmong, verdictsOf } from "./pool-verdicts.ts";
import { probePathsTo } from "./probe-paths-to.ts";

/** A packet, as far as it is known. Ports are numbers of TCP or UDP. */
interface Question {
  readonly to: string;
  readonly from: string | undefined;
  /** The interface on which it comes in; that which leads to the source by default. */
  readonly in?: string | undefined;
  readonly mark?: number | undefined;
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
  const { in: device, mark } = question;
  const asked = { ...(device !== undefined && { in: device }), ...(mark !== undefined && { mark }) };
  const kernel = createKernel({ mostWords });
  const [{ rules, routes }, answer, observed, managed] = await Promise.all([
    readRulesAndRoutes(packet.to),
    askRoute(packet),
    kernel.observe(config.pools[0].table, []),
    lockedTables(config.pools.map(({ table }) => table)),
  ]);
  const verdicts = verdictsOf(config, packet, observed.connected);
  const own = takersAmong(verdicts)[0] ?? verdicts.find(({ selected }) => selected) ?? verdicts[0]!;
  const { table } = own.pool;
  const pools = haveNames(config.pools) ? packetPools(config, verdicts) : undefined;
  const steps = lookUpRules(rules, routes, packet);
  const now = tableNow({ steps, table, pools });
  const pool = config.pools.find((one) => one.table === now) ?? own.pool;
  const { drained } = drainedBy(config);
  return {
    packet,
    table,
    gateways: pool.gateways,
    named: config.gateways,
    ...(given && { given }),
    ...(pools && { pools }),
    ...(Object.keys(asked).length > 0 && { asked }),
    running: managed.has(table),
    destinations: destinationsOf(own.pool, addressesOf(config)),
    classification: own.classification,
    rules,
    steps,
    answer,
    drained: pool.gateways.filter((gateway) => drained.has(gateway)),
    settings: readSettings([]),
    probes: probePathsTo(packet.to, config, rules),
  };
}

async function packetOf({ protocol, in: device, mark, ...question }: Question): Promise<Packet> {
  const iif = device ?? (await interfaceFrom(question.from));
  if (iif !== "lo" && !readInterfaces().includes(iif))
    throw new Error(`-in ${iif}: this machine has no such interface`);
  const known = { ...question, iif, protocol: IP_PROTOCOLS[protocol], uid: process.getuid?.() ?? 0 };
  return mark === undefined ? known : { ...known, mark };
}

async function interfaceFrom(from: string | undefined): Promise<string> {
  const device = from === undefined ? "lo" : await interfaceTowards(from);
  if (device === undefined) throw new Error(`-from ${from}: no interface of this machine leads to this address`);
  return device;
}
