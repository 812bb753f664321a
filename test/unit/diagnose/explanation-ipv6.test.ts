import { describe, expect, test } from "bun:test";

import { namedAddresses } from "../../../src/config/families.ts";
import type { Config } from "../../../src/config/model.ts";
import { destinationsOf } from "../../../src/config/destinations.ts";
import { addressesOf } from "../../../src/config/model.ts";
import type { PacketFacts } from "../../../src/diagnose/explanation.ts";
import { explanationOf, explanationText } from "../../../src/diagnose/format-explanation.ts";
import { nameExplanationOf, nameText } from "../../../src/diagnose/format-name.ts";
import { hashText } from "../../../src/diagnose/hash-text.ts";
import { askedText, packetPools } from "../../../src/diagnose/packet-pools.ts";
import { takersAmong, verdictsOf } from "../../../src/diagnose/pool-verdicts.ts";
import { probePathsTo } from "../../../src/diagnose/probe-paths-to.ts";
import { lookUpRules, type Packet } from "../../../src/routing/rule-lookup.ts";
import { PROTOCOL } from "../../../src/routing/types.ts";
import { configOf } from "../config/file/file.fixture.ts";
import { routeTo, rulesWith } from "./kernel-facts.fixture.ts";

/** One gateway with both families, and one of each alone. */
const GATEWAYS = `
[[gateway]]
name = "sweden"
address = ["10.77.0.10", "fd00:77::10"]
[[gateway]]
name = "norway"
address = "10.77.0.11"
[[gateway]]
name = "lte"
address = "fd00:77::12"
`;

const POOLS = `
[[pool]]
name = "vpn"
from = ["10.78.0.0/24", "fd00:78::/64"]
routes = ["default", "default6"]
members = ["sweden", "norway", { gateway = "lte", tier = 2 }]
when-no-gateways = "unreachable"
[[pool]]
name = "office"
from = ["10.79.0.0/24"]
routes = ["default"]
members = ["norway"]
[[pool]]
name = "rest"
routes = ["default", "2600::/12"]
exclude = ["2606:4700::/32"]
members = ["sweden", "lte"]
`;

const poolsConfig = (): Config => configOf(`${GATEWAYS}${POOLS}`);

const packetOf = (changes: Partial<Packet> = {}): Packet => ({
  ...{ to: "2600::1", from: "fd00:78::5", iif: "iot0", protocol: 6, sport: undefined, dport: undefined, uid: 0 },
  ...changes,
});

const askedOf = (packet: Packet): string[] => {
  const config = poolsConfig();
  return packetPools(config, verdictsOf(config, packet, [])).asked.map((one) => `${one.name} ${askedText(one)}`);
};

describe("what each pool does with a packet of IPv6", () => {
  test("follows from its networks of IPv6 alone", () => {
    expect(askedOf(packetOf())).toEqual([
      "office is for other packets: it is not from 10.79.0.0/24",
      "vpn takes it (from fd00:78::/64): routes ::/0 covers it",
      "rest is not asked: a pool before it never lets it pass",
    ]);
    expect(askedOf(packetOf({ from: "fd00:66::5" }))).toEqual([
      "office is for other packets: it is not from 10.79.0.0/24",
      "vpn is for other packets: it is not from fd00:78::/64",
      "rest takes it (all packets): routes 2600::/12 covers it",
    ]);
  });

  test("says what a pool excludes, and that it routes nothing of the family there", () => {
    const rest = (to: string): string | undefined => askedOf(packetOf({ to, from: "fd00:66::5" })).at(-1);
    expect(rest("2606:4700::1")).toBe("rest lets it pass (all packets): exclude 2606:4700::/32 excludes it");
    expect(rest("2a00::1")).toBe("rest lets it pass (all packets): no entry of routes covers it (2600::/12)");
    expect(rest("2001:db8::1")).toBe("rest lets it pass (all packets): no entry of routes covers it (2600::/12)");
  });

  test("has the members of the family alone in its cases", () => {
    const config = poolsConfig();
    const tiersFor = (packet: Packet) =>
      packetPools(config, verdictsOf(config, packet, [])).cases!.tiers.map(({ tier, gateways }) => [
        tier,
        gateways.map(({ address, share }) => [address, share]),
      ]);
    expect(tiersFor(packetOf())).toEqual([
      [1, [["fd00:77::10", 1]]],
      [2, [["fd00:77::12", 1]]],
    ]);
    expect(tiersFor(packetOf({ to: "8.8.8.8", from: "10.78.0.5" }))).toEqual([
      [
        null,
        [
          ["10.77.0.10", 0.5],
          ["10.77.0.11", 0.5],
        ],
      ],
    ]);
  });
});

/** What is known of a packet while the service runs. */
function factsOf(packet: Packet, changes: Partial<PacketFacts> = {}): PacketFacts {
  const config = poolsConfig();
  const verdicts = verdictsOf(config, packet, []);
  const own = takersAmong(verdicts)[0] ?? verdicts[0]!;
  const rules = rulesWith({ protocol: "173", priority: 10888, src: "fd00:78::", srclen: 64, table: "180" });
  const nexthops = ["fd00:77::10", "fd00:77::12"].map((gateway) => ({ gateway, device: "gw0", weight: 1 }));
  const routes = [routeTo("::/0", 254), routeTo("::/0", 180, { protocol: PROTOCOL, metric: 1024, nexthops })];
  return {
    ...{ packet, table: own.pool.table, pools: packetPools(config, verdicts), rules, running: true },
    ...{ steps: lookUpRules(rules, routes, packet), named: namedAddresses(config.gateways) },
    ...{ gateways: ["fd00:77::10", "fd00:77::12"], classification: own.classification },
    destinations: destinationsOf(own.pool, addressesOf(config)),
    answer: { ok: true, type: "unicast", table: "180", gateway: "fd00:77::10", device: "gw0", redirected: false },
    settings: { hashPolicy: "0", hashFields: "7" },
    ...changes,
  };
}

const textOf = (facts: PacketFacts): string => explanationText(facts, { width: Infinity, colour: false });

describe("the explanation of a packet of IPv6", () => {
  test("names gateways by their addresses of the family, with names and tiers", () => {
    const lines = textOf(factsOf(packetOf())).split("\n");
    expect(lines[0]).toBe("2600::1 goes through the gateways of pool vpn: routes ::/0 covers it");
    expect(lines).toContain("10888: from fd00:78::/64 lookup 180  table 180 decides: default");
    expect(lines).toContain(
      "the kernel sends a packet from fd00:78::5 to 2600::1 via sweden (fd00:77::10) on gw0 (table 180)",
    );
    expect(lines.filter((line) => / gw0 .* %$/.test(line)).map((line) => line.replace(/ +/g, " "))).toEqual([
      "sweden (fd00:77::10) 1 gw0 50.0 %",
      "lte (fd00:77::12) 2 gw0 50.0 %",
    ]);
    expect(lines.find((line) => line.startsWith("flows"))).toBe(
      "flows are distributed by addresses, protocol and flow label: connections of one client to one server may use different gateways where the client gives each its own label, as most do (hash policy 0)",
    );
  });

  test("has the flow label that is asked for", () => {
    const facts = factsOf(packetOf({ flowLabel: 0x12345, mark: 16 }), { asked: { mark: 16, flowLabel: 0x12345 } });
    expect(textOf(facts)).toContain(" from fd00:78::5 with mark 0x10 and flow label 0x12345 to 2600::1 via ");
    expect(explanationOf(facts)).toMatchObject({ mark: "0x10", flowLabel: "0x12345" });
    expect(explanationOf(factsOf(packetOf()))).not.toHaveProperty("flowLabel");
  });
});

describe("a packet of IPv6 that its pool rejects in any case", () => {
  const config = configOf(`${GATEWAYS}
[[pool]]
name = "vpn"
routes = ["default"]
members = ["sweden"]
when-no-gateways = "unreachable"
block-ipv6 = true
`);
  const factsWith = (rules: Parameters<typeof rulesWith>, running = true): PacketFacts => {
    const packet = packetOf();
    const verdicts = verdictsOf(config, packet, []);
    const all = rulesWith(...rules);
    const steps = lookUpRules(all, [routeTo("::/0", 254)], packet);
    return factsOf(packet, {
      ...{
        pools: packetPools(config, verdicts),
        classification: verdicts[0]!.classification,
        rules: all,
        steps,
        running,
      },
      answer: { ok: false, why: "Network is unreachable" },
    });
  };
  const LOOKUP = { protocol: "173", priority: 10888, table: "180" };
  const REJECT = { protocol: "173", priority: 10890, dst: "::", dstlen: 1, action: "7" };

  test("is rejected, with the key that says so", () => {
    const facts = factsWith([LOOKUP, REJECT]);
    expect(textOf(facts)).toStartWith(
      "2600::1 is rejected: block-ipv6 rejects IPv6, which no entry of routes covers\n",
    );
    expect(textOf(facts)).toContain("takes it (all packets): block-ipv6 rejects IPv6");
    expect(explanationOf(facts)).toMatchObject({ managed: false, because: { kind: "blocked", key: "block-ipv6" } });
  });

  test.each<[Parameters<typeof rulesWith>, boolean, string]>([
    [[], false, "no service runs with these flags"],
    [[], true, "no rule leads into table 180"],
    [
      [{ priority: 5, table: "254" }, LOOKUP, REJECT],
      true,
      "another rule decides before ours: 5: from all lookup main",
    ],
  ])("leaks with the rules %j, and why", (rules, running, why) => {
    expect(textOf(factsWith(rules, running)).split("\n").slice(0, 2)).toEqual([
      "2600::1 should be rejected: block-ipv6 rejects IPv6, which no entry of routes covers",
      `now it is not: ${why}`,
    ]);
  });
});

test.each([
  ["0", undefined, /^addresses, protocol and flow label: /],
  [undefined, undefined, /^addresses, protocol and flow label: /],
  ["1", undefined, /^addresses, protocol and ports: /],
  ["2", undefined, /^addresses, protocol and flow label, and in a tunnel those of the packet inside: /],
  ["3", undefined, /^the fields of net.ipv6.fib_multipath_hash_fields: source address, destination address, protocol$/],
  ["3", "15", /: source address, destination address, protocol, flow label$/],
])("hash policy %p of IPv6 with fields %p is named", (policy, fields, words) => {
  expect(hashText(policy, fields, 6)).toMatch(words);
});

test("IPv4 has no flow label among the fields of hash policy 3", () => {
  expect(hashText("3", "15")).toEndWith(": source address, destination address, protocol");
});

test("probes to a target of IPv6 are those through the gateways that have it, by the places of these", () => {
  const probe = '[service]\n[probe.beyond]\ntype = "icmp"\ntargets = ["1.1.1.1", "2606:4700:4700::1111"]\n';
  const config = configOf(`${probe}${GATEWAYS}${POOLS}`);
  const marksTo = (address: string) =>
    probePathsTo(address, config, rulesWith())?.paths.map(({ gateway, mark }) => `${gateway} ${mark}`);
  expect(marksTo("1.1.1.1")).toEqual(["10.77.0.10 0xad000001", "10.77.0.11 0xad000002"]);
  expect(marksTo("2606:4700:4700::1111")).toEqual(["fd00:77::10 0xad000001", "fd00:77::12 0xad000003"]);
  expect(marksTo("2600::1")).toBeUndefined();
});

describe("the explanation of a name", () => {
  const ipv4 = factsOf(packetOf({ to: "8.8.8.8", from: undefined }));
  const ipv6 = factsOf(packetOf({ from: undefined }));

  test("has one for each address", () => {
    const named = { name: "dns.example.com", facts: [ipv4, ipv6] };
    const look = { width: Infinity, colour: false };
    expect(nameText(named, look)).toBe(
      `dns.example.com has the addresses 8.8.8.8, 2600::1\n\n${textOf(ipv4)}\n\n${textOf(ipv6)}`,
    );
    expect(nameExplanationOf(named)).toEqual({
      name: "dns.example.com",
      addresses: [explanationOf(ipv4), explanationOf(ipv6)],
    });
  });

  test("says which family the name has no address of", () => {
    const titleOf = (facts: PacketFacts[]) =>
      nameText({ name: "dns.example.com", facts }, { width: Infinity, colour: false }).split("\n")[0];
    expect(titleOf([ipv4])).toBe("dns.example.com has the address 8.8.8.8, and none of IPv6");
    expect(titleOf([ipv6])).toBe("dns.example.com has the address 2600::1, and none of IPv4");
    expect(titleOf([factsOf(packetOf())])).toBe("dns.example.com has the address 2600::1"); // others are not asked for
  });
});
