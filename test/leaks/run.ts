/**
 * Random faults on a router with -when-no-gateways unreachable, while packets stream from the client and from the router
 * itself. A leak is a packet to a managed destination that bypasses the gateways.
 */
import type { Daemon } from "../e2e/lab/daemon.ts";
import { Lab } from "../e2e/lab/lab.ts";
import { nft } from "../e2e/lab/beyond.ts";
import type { Namespace } from "../e2e/lab/namespace.ts";
import { address6Of, INTERNET6, UPSTREAM6 } from "../e2e/lab/ipv6.ts";
import { addressOf, UPSTREAM } from "../e2e/lab/network.ts";
import { Random } from "../faults/random.ts";
import { INTERNET, type Stream, type StreamOptions, type StreamReport } from "../e2e/lab/traffic.ts";
import { faults, type Scene, throughFaults } from "./faults.ts";
import { faultsOfBoth } from "./faults-ipv6.ts";

export interface Report {
  readonly seed: number;
  /** How often each fault occurred. */
  readonly faults: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Packets to a managed destination, of all families. */
  readonly sent: number;
  /** Those that arrived at a gateway. */
  readonly routed: number;
  /** Those that arrived at the upstream host of the main table: none may. */
  readonly leaked: number;
  /** Those of IPv6 among them; none are sent where it is of no interest. */
  readonly ofIpv6: Pick<Report, "sent" | "routed" | "leaked">;
  /** Packets to an excluded destination, and those of them that were lost. */
  readonly excludedSent: number;
  readonly excludedLost: number;
  /** Packets of probes beyond the gateways that left for the gateways, and those that left elsewhere: none may. */
  readonly probes: number;
  readonly probesLeaked: number;
}

/**
 * Whether no managed packet leaked and no probe, and hardly any excluded packet was lost. Some excluded packets may be lost when another
 * program flushes the table: it deletes the routes one by one while the service restores them, so for a millisecond or two
 * the table can have the rejecting route without the `throw` route of an exclusion. Other faults lose none.
 */
export function hasNoLeak({ leaked, probesLeaked, excludedSent, excludedLost }: Report): boolean {
  return leaked === 0 && probesLeaked === 0 && excludedLost <= excludedSent / 500;
}

export interface Options {
  readonly faults: number;
  readonly seed: number;
  /** The value of `-when-no-gateways`; unreachable by default. */
  readonly mode?: string;
  /** Whether the main table's default route names an interface and no nexthop. */
  readonly deviceDefault?: boolean;
  /** Whether the service also probes beyond the gateways. */
  readonly through?: boolean;
  /** Whether it also routes IPv6, or blocks it; it has nothing to do with IPv6 by default. */
  readonly ipv6?: "routed" | "blocked" | undefined;
  readonly progress?: (text: string) => void;
}

const FLAGS = { "check-period": "250ms", timeout: "250ms", "log-level": "info" };

const THROUGH = { through: "icmp:1.1.1.1,9.9.9.9", "through-period": "250ms", "through-timeout": "250ms" };

const OF_IPV6 = {
  routed: {
    gateway: [1, 2, 3].map((number) => `${addressOf(number)}+${address6Of(number)}`),
    route: ["default", "default6"],
  },
  blocked: { "block-ipv6": true },
} as const;

/** Excluded addresses, on the upstream host of the main table. */
const [EXCLUDED, EXCLUDED6] = [UPSTREAM, UPSTREAM6];

/**
 * Causes random faults one after another with random pauses, mostly before the last one is repaired. The table may be
 * empty and the rule that selects it deleted at the same time, so no fault deletes the rejecting rules, which are then the
 * only protection, nor the rules for exclusions, without which excluded packets are rejected for a moment.
 */
export async function runFaults(options: Options): Promise<Report> {
  const {
    faults: count,
    seed,
    mode = "unreachable",
    deviceDefault = false,
    through = false,
    ipv6,
    progress = () => {},
  } = options;
  const random = new Random(seed);
  const chosen = { ...(ipv6 ? faultsOfBoth : faults), ...(through && throughFaults) };
  const names = Object.keys(chosen);
  const done: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const lab = await Lab.open({ deviceDefault, beyond: through, ipv6: ipv6 !== undefined });
  const started = performance.now();
  try {
    const flags = { ...FLAGS, ...(through && THROUGH), ...(ipv6 && OF_IPV6[ipv6]), "when-no-gateways": mode };
    const start = (): Daemon => lab.start(flags);
    const untilRouted = async (): Promise<void> => {
      await lab.untilRouted([1, 2, 3]);
      if (ipv6 === "routed") await lab.untilRouted6([1, 2, 3]);
    };
    if (ipv6 && deviceDefault) await lab.router.batch(["route replace ::/0 dev wan0"]);
    // Otherwise answers to probes are dropped while no gateway is in use, since no route then leads to their senders.
    if (through) lab.router.tune({ "ipv4/conf/all/rp_filter": 0, "ipv4/conf/gw0/rp_filter": 0 });
    const countProbes = await countMarked(lab.router);
    const scene: Scene = { lab, start, daemon: start() };
    await scene.daemon.untilReady();
    await untilRouted();
    const load = { flows: 32, packetsPerSecond: 1000, limit: 4_000_000, lossy: true };
    const send = (to: string, more: Partial<StreamOptions> = {}) => lab.traffic.stream({ ...load, ...more, to });
    const both = async (to: string) => [await send(to), await send(to, { from: lab.router })];
    const light = { packetsPerSecond: 300, lossy: false };
    const streams = {
      ipv4: await both(INTERNET),
      ipv6: ipv6 ? await both(INTERNET6) : [],
      excluded: [await send(EXCLUDED, light), ...(ipv6 ? [await send(EXCLUDED6, light)] : [])],
    };
    for (let number = 1; number <= count; number++) {
      const name = random.pick(names);
      await chosen[name]!(scene, random);
      done[name]!++;
      await Bun.sleep(random.next() * 400);
      if (number % 100 === 0) progress(`${number} faults after ${Math.round((performance.now() - started) / 1000)} s`);
    }
    await faults["all gateways return"]!(scene, random);
    if (ipv6) await faultsOfBoth["all gateways return in IPv6"]!(scene, random);
    if (through) for (const number of [1, 2, 3]) await lab.beyond.setLoss(number, 0);
    await scene.daemon.untilReady();
    await untilRouted();
    const counts = await conclude(streams);
    const seconds = (performance.now() - started) / 1000;
    return { seed, faults: done, seconds, ...counts, ...(await countProbes()) };
  } finally {
    lab.close();
  }
}

/** Counts the packets of probes that leave a router from now on. */
async function countMarked(router: Namespace): Promise<() => Promise<Pick<Report, "probes" | "probesLeaked">>> {
  const probe = "meta mark & 0xff000000 == 0xad000000";
  await nft(
    router,
    `table ip leaks {
      counter gateways { }
      counter elsewhere { }
      chain out {
        type filter hook postrouting priority filter
        ${probe} oifname "gw0" counter name gateways
        ${probe} oifname != "gw0" counter name elsewhere
      }
    }`,
  );
  return async () => {
    const counters = await nft(router, "list counters table ip leaks");
    const packetsOf = (name: string): number =>
      Number(new RegExp(`counter ${name} \\{\\s*packets (\\d+)`).exec(counters)![1]);
    return { probes: packetsOf("gateways"), probesLeaked: packetsOf("elsewhere") };
  };
}

async function conclude({
  ipv4,
  ipv6,
  excluded,
}: Readonly<Record<"ipv4" | "ipv6" | "excluded", readonly Stream[]>>): Promise<
  Pick<Report, "sent" | "routed" | "leaked" | "ofIpv6" | "excludedSent" | "excludedLost">
> {
  for (const stream of [...ipv4, ...ipv6]) await stream.more(500); // at the end packets reach the gateways again
  const [first, ofIpv6, others] = [await endAll(ipv4), await endAll(ipv6), await endAll(excluded)];
  const sum = (key: "sent" | "routed" | "leaked"): number => first[key] + ofIpv6[key];
  return {
    ...{ sent: sum("sent"), routed: sum("routed"), leaked: sum("leaked"), ofIpv6 },
    ...{ excludedSent: others.sent, excludedLost: others.lost },
  };
}

/** Ends streams, and counts their packets. */
async function endAll(streams: readonly Stream[]) {
  const reports: StreamReport[] = [];
  for (const stream of streams) reports.push(await stream.stop());
  const sum = (of: (report: StreamReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
  const arrived = sum(({ arrived: by }) => Object.values(by).reduce((total, packets) => total + packets, 0));
  const leaked = sum(({ arrived: by }) => by["upstream"] ?? 0);
  return { sent: sum(({ sent }) => sent), lost: sum(({ lost }) => lost), routed: arrived - leaked, leaked };
}

/** The report as text. */
export function reportText({ faults: done, ofIpv6, ...report }: Report): string {
  const number = (value: number): string => value.toLocaleString("en");
  const packetsText = ({ sent, routed, leaked }: Report["ofIpv6"]): string =>
    `${number(sent)} packets sent, ${number(routed)} through the gateways, ${number(leaked)} bypassing them`;
  const total = Object.values(done).reduce((sum, times) => sum + times, 0);
  return [
    ...Object.entries(done).map(([name, times]) => `${String(times).padStart(6)}  ${name}`),
    `${number(total).padStart(6)}  faults in ${Math.round(report.seconds)} s, seed ${report.seed}`,
    "",
    `managed:  ${packetsText(report)}`,
    ...(ofIpv6.sent === 0 ? [] : [`of IPv6:  ${packetsText(ofIpv6)}`]),
    `probes:   ${number(report.probes)} packets sent to targets beyond the gateways, ${number(report.probesLeaked)} bypassing the gateways`,
    `excluded: ${number(report.excludedSent)} packets sent, ${number(report.excludedLost)} lost`,
  ].join("\n");
}
