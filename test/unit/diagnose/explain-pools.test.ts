import { describe, expect, test } from "bun:test";

import type { Config } from "../../../src/config/model.ts";
import { explanationOf, explanationText } from "../../../src/diagnose/format-explanation.ts";
import { type PacketFacts, tableNow } from "../../../src/diagnose/explanation.ts";
import { askedText, packetPools } from "../../../src/diagnose/packet-pools.ts";
import { takersAmong, verdictsOf } from "../../../src/diagnose/pool-verdicts.ts";
import { destinationsOf } from "../../../src/config/destinations.ts";
import { addressesOf } from "../../../src/config/model.ts";
import { lookUpRules, type Packet } from "../../../src/routing/rule-lookup.ts";
import { type ObservedRoute, PROTOCOL } from "../../../src/routing/types.ts";
import { routeTo, rulesWith } from "./kernel-facts.fixture.ts";
import { LTE, NORWAY, poolsConfig, poolText, SWEDEN } from "./pools.fixture.ts";

const packetOf = (changes: Partial<Packet> = {}): Packet => ({
  ...{ to: "8.8.8.8", from: "10.78.0.5", iif: "iot0", protocol: 6, sport: undefined, dport: undefined, uid: 0 },
  ...changes,
});

/** What each pool does with a packet. */
const askedOf = (config: Config, packet: Packet): string[] =>
  packetPools(config, verdictsOf(config, packet, [])).asked.map((one) => `${one.name} ${askedText(one)}`);

const COVERS = "routes 0.0.0.0/0 covers it";

describe("what each pool does with a packet", () => {
  test.each<[string, Partial<Packet>, string[]]>([
    [
      "of the first one",
      {},
      [`vpn takes it (from 10.78.0.0/24): ${COVERS}`, "rest is not asked: a pool before it never lets it pass"],
    ],
    [
      "of other clients",
      { from: "10.66.0.5" },
      ["vpn is for other packets: it is not from 10.78.0.0/24", `rest takes it (all packets): ${COVERS}`],
    ],
    [
      "of this machine",
      { from: undefined, iif: "lo" },
      ["vpn is for other packets: it is not from 10.78.0.0/24", `rest takes it (all packets): ${COVERS}`],
    ],
    [
      "to what both exclude",
      { to: "198.51.100.1" },
      [
        "vpn lets it pass (from 10.78.0.0/24): exclude-reserved-cidrs excludes the reserved range 198.51.100.0/24",
        "rest lets it pass (all packets): exclude 198.51.100.0/24 excludes it",
      ],
    ],
  ])("%s", (_, packet, asked) => {
    expect(askedOf(poolsConfig(), packetOf(packet))).toEqual(asked);
  });

  test("names the interface and the mark that decide", () => {
    const config = poolsConfig(
      `${poolText("iot", 'in = ["br-iot", "iot0"]\nmark = "0x10/0xff"')}${poolText("marked", 'mark = "0x20"\nroutes = ["9.0.0.0/8"]')}`,
    );
    const first = (packet: Partial<Packet>) =>
      askedOf(config, packetOf({ from: "10.66.0.1", ...packet })).filter((line) => /^(iot|marked) /.test(line));
    expect(first({ mark: 0x110 })).toEqual([
      `iot takes it (in iot0, mark 0x10/0xff): ${COVERS}`,
      "marked is for other packets: it is without mark 0x20",
    ]);
    expect(first({ mark: 0x20 })).toEqual([
      "iot is for other packets: it is without mark 0x10/0xff",
      "marked lets it pass (mark 0x20): no entry of routes covers it (9.0.0.0/8)",
    ]);
    expect(first({ iif: "lan0", mark: 0x10 })[0]).toBe("iot is for other packets: it is not in br-iot, iot0");
  });

  test("says which pool is next where one lets packets pass without a gateway", () => {
    const config = poolsConfig("", (text) => text.replace("unreachable", "fall-through"));
    expect(askedOf(config, packetOf())[1]).toBe(
      `rest takes it while no pool before has a usable gateway (all packets): ${COVERS}`,
    );
    const { cases } = packetPools(config, verdictsOf(config, packetOf(), []));
    expect(cases!.withoutGateways).toEqual({ packets: "fall-through", next: ["rest"], normalTables: false });
  });

  test("has the normal tables next where no later pool routes this packet, although one selects it", () => {
    const config = poolsConfig("", (text) =>
      text.replace("unreachable", "fall-through").replace('name = "rest"', '$&\nroutes = ["9.0.0.0/8"]'),
    );
    const { cases } = packetPools(config, verdictsOf(config, packetOf(), []));
    expect(cases!.withoutGateways).toEqual({ packets: "fall-through", next: [], normalTables: true });
  });
});

const OURS = { protocol: String(PROTOCOL) };
const VPN_RULE = { ...OURS, priority: 10888, src: "10.78.0.0", srclen: 24, table: "180" };
const REST_RULE = { ...OURS, priority: 10896, table: "181" };
const MAIN = routeTo("0.0.0.0/0", 254);

function viaGateways(table: number, ...gateways: string[]): ObservedRoute {
  const nexthops = gateways.map((gateway) => ({ gateway, device: "gw0", weight: 1 }));
  return routeTo("0.0.0.0/0", table, { protocol: PROTOCOL, nexthops });
}

/** What is known of a packet while the service runs. */
function factsOf(
  config: Config,
  packet: Packet,
  rules: Parameters<typeof rulesWith>,
  routes: readonly ObservedRoute[],
): PacketFacts {
  const verdicts = verdictsOf(config, packet, []);
  const own = takersAmong(verdicts)[0] ?? verdicts[0]!;
  const all = rulesWith(...rules);
  const pools = packetPools(config, verdicts);
  const steps = lookUpRules(all, routes, packet);
  const { table } = own.pool;
  const now = config.pools.find((pool) => pool.table === tableNow({ steps, table, pools })) ?? own.pool;
  return {
    ...{ packet, table, pools, steps, rules: all, running: true, named: config.gateways, gateways: now.gateways },
    classification: own.classification,
    destinations: destinationsOf(own.pool, addressesOf(config)),
    answer: { ok: true, type: "unicast", table: String(now.table), gateway: NORWAY, device: "gw0", redirected: false },
    settings: { hashPolicy: "1", hashFields: "7" },
  };
}

const textOf = (facts: PacketFacts): string[] => explanationText(facts, { width: Infinity, colour: false }).split("\n");

describe("the explanation of a packet with several pools", () => {
  const both = [MAIN, viaGateways(180, SWEDEN, NORWAY), viaGateways(181, NORWAY)];

  test("names its pool, the tier of each gateway, and what happens in which case", () => {
    const facts = factsOf(poolsConfig(), packetOf(), [VPN_RULE, REST_RULE], both);
    const lines = textOf(facts);
    expect(lines[0]).toBe("8.8.8.8 goes through the gateways of pool vpn: routes 0.0.0.0/0 covers it");
    expect(lines.find((line) => line.startsWith("GATEWAY"))).toMatch(/^GATEWAY +TIER +INTERFACE +FLOWS$/);
    expect(lines.find((line) => line.startsWith("sweden"))).toMatch(/^sweden \(10\.77\.0\.10\) +1 +gw0 +50\.0 %$/);
    expect(lines.slice(-5)).toEqual([
      "pool vpn:",
      "  tier 1: sweden (10.77.0.10) 66.7 %, norway (10.77.0.11) 33.3 %",
      "  tier 2, while tier 1 has no usable gateway: lte (10.77.0.12) 100.0 %",
      "  no usable gateway: packets are rejected (unreachable)",
      "",
    ]);
    expect(explanationOf(facts)).toMatchObject({
      because: { kind: "managed", flag: null, key: "routes", why: COVERS },
      pool: { name: "vpn", now: "vpn" },
      shares: [
        { name: "sweden", tier: 1 },
        { name: "norway", tier: 1 },
      ],
    });
  });

  test("names the pool whose gateways it goes through instead, and why", () => {
    const config = poolsConfig("", (text) => text.replace("unreachable", "fall-through"));
    const facts = factsOf(config, packetOf(), [VPN_RULE, REST_RULE], [MAIN, viaGateways(181, NORWAY)]);
    expect(textOf(facts).slice(0, 2)).toEqual([
      "8.8.8.8 should go through the gateways of pool vpn: routes 0.0.0.0/0 covers it",
      "now it goes through those of pool rest: table 180 has no route to it: no gateway is in use",
    ]);
    expect(explanationOf(facts)).toMatchObject({ takesGateways: true, pool: { name: "vpn", now: "rest" } });
    expect(textOf(facts).find((line) => line.startsWith("norway"))).not.toContain("not in");
  });

  test("names the key of the file where packets are rejected", () => {
    const reject = { ...OURS, priority: 10890, src: "10.78.0.0", srclen: 24, action: "7" };
    const facts = factsOf(poolsConfig(), packetOf(), [VPN_RULE, reject, REST_RULE], both.slice(2));
    expect(textOf(facts)[1]).toBe(
      "now it does not: table 180 has no route to it: no gateway is in use, and 10890: from 10.78.0.0/24 unreachable rejects it (when-no-gateways)",
    );
  });

  test("says that no rule is for such packets where only some of a pool's rules are there", () => {
    const config = poolsConfig("", (text) => text.replace('"10.78.0.0/24"', '"10.78.0.0/24", "10.79.0.0/24"'));
    const facts = factsOf(config, packetOf({ from: "10.79.0.1" }), [VPN_RULE, REST_RULE], both);
    expect(textOf(facts)[1]).toBe("now it goes through those of pool rest: no rule leads such packets into table 180");
  });

  test("says so where another run's route of a pool takes a packet that no pool should have", () => {
    const facts = factsOf(poolsConfig(), packetOf({ to: "198.51.100.1" }), [VPN_RULE, REST_RULE], both);
    expect(textOf(facts).slice(0, 2)).toEqual([
      "198.51.100.1 should not go through the gateways: exclude-reserved-cidrs excludes the reserved range 198.51.100.0/24",
      "now it goes through those of pool vpn: the routes in table 180 were made with other settings than these",
    ]);
  });

  test("says which nexthops are no members of the pool", () => {
    const routes = [MAIN, viaGateways(180, LTE), viaGateways(181, LTE)];
    const facts = factsOf(poolsConfig(), packetOf({ from: "10.66.0.1" }), [VPN_RULE, REST_RULE], routes);
    expect(textOf(facts).find((line) => line.startsWith("10.77.0.12"))).toContain("(not in pool rest)");
  });
});
