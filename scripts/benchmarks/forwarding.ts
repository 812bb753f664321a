import { readFileSync } from "node:fs";
import { join } from "node:path";

import { formatCidr, parseCidr } from "../../src/net/cidr.ts";
import { RESERVED_CIDRS } from "../../src/net/reserved.ts";
import { commandOf } from "../../src/routing/iproute2/batch.ts";
import { killSwitchRules } from "../../src/routing/kill-switch.ts";
import { probeEntries } from "../../src/routing/probe-routes.ts";
import type { Rule } from "../../src/routing/types.ts";
import { IP } from "../../test/e2e/lab/index.ts";
import { addNamespaces, type Namespace, nextLabName, removeNamespaces, run } from "../../test/e2e/lab/namespace.ts";
import { temporaryFolder } from "./folder.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const ROUNDS = 12;
/** More of them, since a difference of a few per cent has to be seen. */
const PROBE_ROUNDS = 40;
/** The least part of the packets that is left with the rules for probes. */
const LEAST_LEFT = 0.98;
const SETTLED_MS = 100;
const MEASURED_MS = 500;

const GATEWAYS = Array.from({ length: 10 }, (_, index) => `10.77.0.${11 + index}`);
const UNUSED_MAC = "02:00:00:00:00:ff"; // the receiver drops frames to another address at once

/** The networks that the service excludes by default, and the gateways' network. */
const EXCLUSIONS = [...RESERVED_CIDRS.map(formatCidr), "10.77.0.0/24"];

const ONE_RULE = ["rule add pref 10888 lookup 180"];
const MANY_RULES = [
  ...EXCLUSIONS.map((network, index) => `rule add pref ${10888 + index} to ${network} lookup main`),
  `rule add pref ${10888 + EXCLUSIONS.length} lookup 181`,
];

/** What the service adds for probes beyond 100 gateways. */
const PROBES = probeEntries(
  { preference: 100, table: 18_001, mark: 0xad00_0000 },
  Array.from({ length: 100 }, (_, index) => `10.77.0.${11 + index}`),
  { devices: new Map(), unusable: [], links: [] },
);
const PROBE_RULES = [...ONE_RULE, ...PROBES.rules.map((rule) => commandOf({ op: "add-rule", rule }).join(" "))];

/** How many pools for other packets are asked before. */
const OTHER_POOLS = [1, 8, 19];

/** The rules of a pool for all packets behind those of pools for one network each, with or without a kill switch. */
function rulesOfPools(others: number, isClosed: boolean): string[] {
  const [managed, exclusions] = [[parseCidr("0.0.0.0/0")!], EXCLUSIONS.flatMap((one) => parseCidr(one) ?? [])];
  const rules = Array.from({ length: others }, (_, index): Rule[] => {
    const preference = 9000 + 8 * index;
    const selector = { from: parseCidr(`10.${100 + index}.0.0/24`)! };
    const lookup: Rule = { kind: "lookup", family: 4, preference, table: 200 + index, selector };
    const closed = killSwitchRules("unreachable", preference, managed, exclusions, [], [selector]);
    return isClosed ? [lookup, ...closed] : [lookup];
  });
  return [...rules.flat().map((rule) => commandOf({ op: "add-rule", rule }).join(" ")), ...ONE_RULE];
}

const DESTINATIONS = [
  { name: "managed", device: "gw0", addresses: ["8.8.8.8", "1.1.1.1", "9.9.9.9", "151.101.1.1"] },
  {
    name: "excluded",
    device: "wan0",
    addresses: ["10.200.0.9", "100.64.0.9", "172.16.0.9", "192.168.9.9", "198.18.0.9", "203.0.113.9"],
  },
];

/**
 * Packets per second through a router: with the one rule of the service, with a rule for each exclusion, and with the rules
 * for probes beyond the gateways.
 */
export async function forwarding(): Promise<Table[]> {
  const lab = nextLabName();
  const flood = join(temporaryFolder("forwarding"), "flood");
  try {
    await run(["gcc", "-O2", "-o", flood, join(import.meta.dir, "flood.c")]);
    const { router, client } = await buildRouter(lab);
    const rows: [string, ...number[]][] = [];
    const probeRows: [string, ...number[]][] = [];
    const poolRows: (string | number)[][] = [];
    for (const { name, device, addresses } of DESTINATIONS) {
      const words = ["eth0", await macOf(router, "lan0"), "10.66.0.2", ...addresses];
      const child = Bun.spawn([IP, "netns", "exec", client.name, flood, ...words], { stderr: "inherit" });
      try {
        rows.push([
          name,
          ...(await compare({ router, device, others: MANY_RULES, rounds: ROUNDS, now: () => performance.now() })),
        ]);
        probeRows.push([
          name,
          ...(await compare({
            router,
            device,
            others: PROBE_RULES,
            rounds: PROBE_ROUNDS,
            now: () => runTimeOf(child.pid),
          })),
        ]);
        if (name === "managed") poolRows.push(...(await comparePools(router, device, child.pid)));
      } finally {
        child.kill("SIGKILL");
        await child.exited;
      }
    }
    return [
      {
        title:
          `Packets per second that a router forwards: with ${EXCLUSIONS.length} exclusions as \`throw\` routes behind one rule, as ` +
          `the service has them, and with a rule for each exclusion, ${MANY_RULES.length} rules in all. Medians of ${ROUNDS} ` +
          `alternating runs of ${MEASURED_MS} ms; ${GATEWAYS.length} gateways, 1,024 flows, packets of 60 bytes. The sender uses ` +
          "the same processor, so a router that only forwards gains more",
        columns: [
          { name: "destinations" },
          { name: "one rule" },
          { name: `${MANY_RULES.length} rules` },
          { name: "ratio", digits: 2 },
        ],
        rows,
      },
      {
        title:
          `Packets for each second of the sender's processor time, which other load of the machine does not affect, without and ` +
          `with the ${PROBES.rules.length} rules for probes beyond ${PROBES.routes.length} gateways. Medians of ${PROBE_ROUNDS} alternating runs`,
        columns: [
          { name: "destinations" },
          { name: "without" },
          { name: "with rules for probes" },
          { name: "ratio", digits: 3 },
        ],
        rows: probeRows,
        complaints: probeRows
          .filter(([, , , ratio]) => 1 / ratio! < LEAST_LEFT)
          .map(([name]) => `the rules for probes cost more than 2 % of the forwarded packets (${name} destinations)`),
      },
      {
        title:
          "The same for packets of the pool that is asked last, without and with the rules of others, each for one source network. " +
          `Medians of ${ROUNDS} alternating runs`,
        columns: [
          { name: "other pools" },
          { name: "kill switches" },
          { name: "their rules" },
          { name: "without" },
          { name: "with them" },
          { name: "ratio", digits: 2 },
        ],
        rows: poolRows,
      },
    ];
  } finally {
    removeNamespaces(`${lab}-`);
  }
}

async function comparePools(router: Namespace, device: string, pid: number): Promise<(string | number)[][]> {
  const rows: (string | number)[][] = [];
  for (const closed of [false, true]) {
    for (const pools of OTHER_POOLS) {
      const others = rulesOfPools(pools, closed);
      const rates = await compare({ router, device, others, rounds: ROUNDS, now: () => runTimeOf(pid) });
      rows.push([String(pools), closed ? "yes" : "no", others.length - ONE_RULE.length, ...rates]);
    }
  }
  return rows;
}

interface Comparison {
  readonly router: Namespace;
  /** Where the packets leave. */
  readonly device: string;
  /** The rules that are compared with the one rule of the service. */
  readonly others: readonly string[];
  readonly rounds: number;
  /** Milliseconds of the clock by which packets are counted. */
  readonly now: () => number;
}

/** Packets per second with one rule and with others, and their ratio. */
async function compare(comparison: Comparison): Promise<number[]> {
  const one: number[] = [];
  const many: number[] = [];
  await forwardedWith(ONE_RULE, comparison); // warm-up
  for (let round = 0; round < comparison.rounds; round++) {
    one.push(await forwardedWith(ONE_RULE, comparison));
    many.push(await forwardedWith(comparison.others, comparison));
  }
  // Ratios of adjacent runs, which other load of the machine affects alike.
  const ratios = one.map((rate, index) => rate / many[index]!);
  return [quantile(one, 0.5), quantile(many, 0.5), quantile(ratios, 0.5)];
}

async function forwardedWith(rules: readonly string[], { router, device, now }: Comparison): Promise<number> {
  await router.batch([...rules]);
  await Bun.sleep(SETTLED_MS);
  const before = { packets: sentOn(router, device), at: now() };
  await Bun.sleep(MEASURED_MS);
  const rate = ((sentOn(router, device) - before.packets) * 1000) / (now() - before.at);
  await router.batch(rules.map((rule) => rule.replace("add", "delete")));
  if (rate < 100) throw new Error(`the router forwards no packets to ${device}; check whether packets reach it`);
  return rate;
}

/** Milliseconds for which a process has run, with the packets that the kernel forwarded in its time. */
function runTimeOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
}

/** Packets that left by a device: the tenth number of its line in /proc/net/dev. */
function sentOn(space: Namespace, device: string): number {
  const table = space.enter(() => readFileSync("/proc/thread-self/net/dev", "utf8"));
  const numbers = new RegExp(`^ *${device}: *(.*)$`, "m").exec(table)?.[1]?.split(/ +/) ?? [];
  return Number(numbers[9]);
}

async function macOf(space: Namespace, device: string): Promise<string> {
  const [link] = JSON.parse(await space.ip("-j", "link", "show", device)) as { address: string }[];
  return link!.address;
}

/** client ── lan0 [ router ] gw0, wan0 ── a sink that drops everything. It answers no ARP, so neighbours are fixed. */
async function buildRouter(lab: string): Promise<{ router: Namespace; client: Namespace }> {
  const { router, client, sink } = await addNamespaces(lab, ["router", "client", "sink"]);
  for (const space of [router, client, sink]) space.tune({ "ipv6/conf/default/disable_ipv6": 1 });
  router.tune({ "ipv4/ip_forward": 1, "ipv4/fib_multipath_hash_policy": 1, "ipv4/conf/all/rp_filter": 0 });
  await router.batch([
    `link add lan0 type veth peer name eth0 netns ${client.name}`,
    `link add gw0 type veth peer name gw0 netns ${sink.name}`,
    `link add wan0 type veth peer name wan0 netns ${sink.name}`,
    ...["lo", "lan0", "gw0", "wan0"].map((device) => `link set ${device} up`),
  ]);
  await client.batch(["link set eth0 up"]);
  await sink.batch(["link set gw0 up", "link set wan0 up"]);
  const nexthops = GATEWAYS.map((gateway) => `nexthop via ${gateway}`).join(" ");
  await router.batch([
    "address add 10.66.0.1/24 dev lan0",
    "address add 10.77.0.1/24 dev gw0",
    "address add 10.88.0.2/24 dev wan0",
    "route add default via 10.88.0.1",
    ...[...GATEWAYS.map((it) => `${it} dev gw0`), "10.88.0.1 dev wan0"].map(
      (it) => `neigh add ${it} lladdr ${UNUSED_MAC}`,
    ),
    ...EXCLUSIONS.map((network) => `route add throw ${network} table 180`),
    `route add default table 180 ${nexthops}`,
    `route add default table 181 ${nexthops}`,
  ]);
  return { router, client };
}
