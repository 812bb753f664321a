/** Random faults on a router that refuses, while packets stream from the client and from the router itself. */
import { answering, refusing } from "../fakes/gateway.ts";
import type { Daemon } from "../e2e/lab/daemon.ts";
import { Lab, PREFERENCE, TABLE } from "../e2e/lab/lab.ts";
import { ROUTER, UPSTREAM } from "../e2e/lab/network.ts";
import type { Stream, StreamReport } from "../e2e/lab/traffic.ts";

export interface Report {
  readonly seed: number;
  /** How often each fault was done. */
  readonly faults: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Packets to a managed destination. */
  readonly sent: number;
  /** Those that a gateway got. */
  readonly routed: number;
  /** Those that the main route's gateway got: none is allowed. */
  readonly leaked: number;
  /** Packets to an excluded destination, and those of them that got lost. */
  readonly excludedSent: number;
  readonly excludedLost: number;
}

/**
 * Whether all is as promised. Somebody who flushes the table takes its routes one by one while the service puts them
 * back, so for a millisecond or two the one that refuses can stand without the one that lets an exclusion out. Without
 * that fault no excluded packet is lost.
 */
export function isAsPromised({ leaked, excludedSent, excludedLost }: Report): boolean {
  return leaked === 0 && excludedLost <= excludedSent / 500;
}

export interface Options {
  readonly faults: number;
  readonly seed: number;
  /** The value of `-when-no-gateways`: unreachable unless told otherwise. */
  readonly mode?: string;
  readonly progress?: (text: string) => void;
}

const FLAGS = { "check-period": "250ms", timeout: "250ms", "log-level": "info" };

/** An address behind the main route's gateway that is excluded. */
const EXCLUDED = UPSTREAM;

interface Scene {
  readonly lab: Lab;
  /** Starts the executable again. */
  readonly start: () => Daemon;
  daemon: Daemon;
}

type Fault = (scene: Scene, random: () => number) => Promise<void>;

const faults: Readonly<Record<string, Fault>> = {
  async "all gateways fail"({ lab }) {
    for (const gateway of lab.gateways) gateway.becomes(refusing);
  },
  async "gateways fail and return at random"({ lab }, random) {
    for (const gateway of lab.gateways) gateway.becomes(random() < 0.5 ? refusing : answering(200));
  },
  async "all gateways return"({ lab }) {
    for (const gateway of lab.gateways) gateway.becomes(answering(200));
  },
  async "the interface to the gateways flaps"({ lab }) {
    await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
  },
  async "the interface to the gateways is down for a while"({ lab }, random) {
    await lab.router.ip("link", "set", "gw0", "down");
    await Bun.sleep(random() * 200);
    await lab.router.ip("link", "set", "gw0", "up");
  },
  async "the address towards the gateways goes and comes"({ lab }, random) {
    await lab.router.ip("address", "delete", `${ROUTER}/24`, "dev", "gw0");
    await Bun.sleep(random() * 100);
    await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
  },
  async "another address comes and goes"({ lab }, random) {
    const address = `10.99.${Math.floor(random() * 250)}.1/24`;
    await lab.router.ip("address", "add", address, "dev", "lan0");
    await Bun.sleep(random() * 100);
    await lab.router.ip("address", "delete", address, "dev", "lan0");
  },
  async "killed, and started again at once"(scene) {
    await kill(scene);
    scene.daemon = scene.start();
  },
  async "killed, and started again after a flap"(scene, random) {
    await kill(scene);
    await scene.lab.router.batch(["link set gw0 down", "link set gw0 up"]);
    await Bun.sleep(random() * 200);
    scene.daemon = scene.start();
  },
  async "somebody flushes the table"({ lab }) {
    await lab.router.ip("route", "flush", "table", String(TABLE));
  },
  async "somebody deletes the managed route"({ lab }) {
    await lab.router.ip("route", "delete", "unicast", "default", "table", String(TABLE)).catch(() => {}); // none there
  },
  async "somebody deletes the rule into the table"({ lab }) {
    await lab.router.ip("rule", "delete", "preference", String(PREFERENCE)).catch(() => {}); // not put back yet
  },
};

/** Ends the executable as the kernel would, also when it has hardly begun. */
async function kill({ lab, daemon }: Scene): Promise<void> {
  await lab.until("the executable to run", () => daemon.pid, Boolean);
  await daemon.kill();
}

/**
 * Does the faults one after another, each after a random pause, and most often before the last one is mended. The table
 * may be empty and the rule into it gone at the same time: the rules that refuse are left alone, as no second guard
 * stands behind them then, and so are those that let exclusions past, without which these are refused for a moment.
 */
export async function runFaults(options: Options): Promise<Report> {
  const { faults: count, seed, mode = "unreachable", progress = () => {} } = options;
  const random = randomFrom(seed);
  const names = Object.keys(faults);
  const done: Record<string, number> = Object.fromEntries(names.map((name) => [name, 0]));
  const lab = await Lab.open();
  const started = performance.now();
  try {
    const start = (): Daemon => lab.start({ ...FLAGS, "when-no-gateways": mode });
    const scene: Scene = { lab, start, daemon: start() };
    await scene.daemon.untilReady();
    await lab.untilRouted([1, 2, 3]);
    const load = { flows: 32, packetsPerSecond: 1000, limit: 4_000_000, lossy: true };
    const streams = [await lab.traffic.stream(load), await lab.traffic.stream({ ...load, from: lab.router })];
    const excluded = await lab.traffic.stream({ ...load, to: EXCLUDED, packetsPerSecond: 300, lossy: false });
    for (let number = 1; number <= count; number++) {
      const name = names[Math.floor(random() * names.length)]!;
      await faults[name]!(scene, random);
      done[name]!++;
      await Bun.sleep(random() * 400);
      if (number % 100 === 0) progress(`${number} faults after ${Math.round((performance.now() - started) / 1000)} s`);
    }
    await faults["all gateways return"]!(scene, random);
    await scene.daemon.untilReady();
    await lab.untilRouted([1, 2, 3]);
    return await conclude(seed, done, started, streams, excluded);
  } finally {
    lab.close();
  }
}

async function conclude(
  seed: number,
  done: Report["faults"],
  started: number,
  streams: readonly Stream[],
  excluded: Stream,
): Promise<Report> {
  for (const stream of streams) await stream.more(500); // the end is like the start: packets take the gateways
  const reports: StreamReport[] = [];
  for (const stream of streams) reports.push(await stream.stop());
  const kept = await excluded.stop();
  const sum = (of: (report: StreamReport) => number): number => reports.reduce((total, one) => total + of(one), 0);
  const arrived = sum(({ arrived: by }) => Object.values(by).reduce((total, packets) => total + packets, 0));
  const leaked = sum(({ arrived: by }) => by["upstream"] ?? 0);
  return {
    seed,
    faults: done,
    seconds: (performance.now() - started) / 1000,
    sent: sum(({ sent }) => sent),
    routed: arrived - leaked,
    leaked,
    excludedSent: kept.sent,
    excludedLost: kept.lost,
  };
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The report for people. */
export function reportText({ faults: done, ...report }: Report): string {
  const number = (value: number): string => value.toLocaleString("en");
  const total = Object.values(done).reduce((sum, times) => sum + times, 0);
  return [
    ...Object.entries(done).map(([name, times]) => `${String(times).padStart(6)}  ${name}`),
    `${number(total).padStart(6)}  faults in ${Math.round(report.seconds)} s, seed ${report.seed}`,
    "",
    `managed:  ${number(report.sent)} packets sent, ${number(report.routed)} through gateways, ${number(report.leaked)} past them`,
    `excluded: ${number(report.excludedSent)} packets sent, ${number(report.excludedLost)} lost`,
  ].join("\n");
}
