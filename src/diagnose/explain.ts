import type { PoolConfig } from "../config/parse.ts";
import { checkIp } from "../service/preflight.ts";
import { destinationsOf } from "../config/destinations.ts";
import { askRoute, interfaceTowards, readRulesAndRoutes } from "../routing/iproute2/inspect.ts";
import { createKernel } from "../routing/iproute2/kernel.ts";
import { type Packet, lookUpRules } from "../routing/rule-lookup.ts";
import { describeWay, type Explanation } from "./format-explanation.ts";
import { fateOf } from "./classify.ts";
import { managedAmong } from "./network.ts";
import { readSettings } from "./host-facts.ts";

/** What is asked: a packet, as far as it is known. Ports are numbers of TCP or UDP. */
export interface Question {
  readonly to: string;
  readonly from: string | undefined;
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly sport: number | undefined;
  readonly dport: number | undefined;
}

const PROTOCOL_NUMBERS: Readonly<Record<Question["protocol"], number>> = { icmp: 1, tcp: 6, udp: 17 };

/**
 * Follows a packet through rules and tables, changing nothing.
 *
 * @throws when `ip` cannot be had, or cannot list what there is
 */
export async function explain(pool: PoolConfig, question: Question): Promise<Explanation> {
  const { to, from, sport, dport } = question;
  const { mostWords } = await checkIp();
  const place = { table: pool.firstRoutingTableId, preference: pool.firstRulePreference };
  const iif = from === undefined ? "lo" : await interfaceTowards(from);
  if (iif === undefined) throw new Error(`-from ${from}: no interface of this machine leads there`);
  const protocol = PROTOCOL_NUMBERS[question.protocol];
  const flow: Packet = { to, from, iif, protocol, sport, dport, uid: process.getuid?.() ?? 0 };
  const kernel = createKernel({ mostWords });
  const [{ rules, routes }, answer, observed, managed] = await Promise.all([
    readRulesAndRoutes(to),
    askRoute(flow),
    kernel.observe(place.table, []),
    managedAmong([place.table]),
  ]);
  const destinations = destinationsOf(pool);
  const facts = {
    flow,
    table: place.table,
    running: managed.has(place.table),
    fate: fateOf(to, destinations, observed.connected),
    rules,
    steps: lookUpRules(rules, routes, flow),
    answer,
  };
  return describeWay(facts, destinations, readSettings([]));
}
