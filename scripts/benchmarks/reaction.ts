import {
  addressOf,
  answering,
  type Daemon,
  Lab,
  refusing,
  ROUTER,
  type RouteEvent,
  TABLE,
} from "../../test/e2e/lab/index.ts";
import type { Monitor } from "../../test/e2e/lab/kernel.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";
import { probesOf, watchProcessor } from "./usage.ts";

const POOL = 10;
const NUMBERS = Array.from({ length: POOL }, (_, index) => index + 1);
const FAULTS = 60;
const PERIOD_MS = 50;
const QUIET_MS = 20_000;

/** A fault of the gateway with a number, and its end. */
interface Fault {
  readonly name: string;
  readonly begin: (lab: Lab, gateway: number) => unknown;
  readonly end: (lab: Lab, gateway: number) => unknown;
}

const FAULTS_IN_A_LAN: readonly Fault[] = [
  {
    name: "refuses connections",
    begin: (lab, gateway) => lab.gateway(gateway).becomes(refusing),
    end: (lab, gateway) => lab.gateway(gateway).becomes(answering(200)),
  },
  {
    name: "answers 500",
    begin: (lab, gateway) => lab.gateway(gateway).becomes(answering(500)),
    end: (lab, gateway) => lab.gateway(gateway).becomes(answering(200)),
  },
  {
    name: "drops all packets",
    begin: (lab, gateway) => lab.gatewaySpace(gateway).ip("route", "add", "blackhole", `${ROUTER}/32`),
    end: (lab, gateway) => lab.gatewaySpace(gateway).ip("route", "delete", "blackhole", `${ROUTER}/32`),
  },
  {
    name: "loses its link, behind a switch",
    begin: (lab, gateway) => lab.gatewaySpace(gateway).ip("link", "set", "eth0", "down"),
    end: (lab, gateway) => lab.gatewaySpace(gateway).ip("link", "set", "eth0", "up"),
  },
];

const FAULTS_OF_LINKS: readonly Fault[] = [
  {
    name: "loses its link to the router",
    begin: (lab, gateway) => lab.gatewaySpace(gateway).ip("link", "set", "eth0", "down"),
    end: (lab, gateway) => lab.gatewaySpace(gateway).ip("link", "set", "eth0", "up"),
  },
  {
    name: "the router's interface to it is set down",
    begin: (lab, gateway) => lab.router.ip("link", "set", `own${gateway}`, "down"),
    end: (lab, gateway) => lab.router.ip("link", "set", `own${gateway}`, "up"),
  },
  {
    name: "the router's address on that interface is removed",
    begin: (lab, gateway) => lab.router.ip("address", "delete", ...addressesOfLinks.get(gateway)!),
    end: (lab, gateway) => lab.router.ip("address", "add", ...addressesOfLinks.get(gateway)!),
  },
];

/** The time from a fault to the changed route with a short check period, and the processor time of that period. */
export async function reaction(): Promise<Table[]> {
  let cost: number[] = [];
  const lan = await withService(FAULTS_IN_A_LAN, async (_, daemon) => {
    cost = await costOf(daemon);
  });
  const links = await withService(FAULTS_OF_LINKS, giveLinks);
  const rows = [...lan, ...links];
  const all = rows.flatMap(({ delays }) => delays);
  const milliseconds = (name: string) => ({ name, digits: 0, unit: "ms" });
  return [
    {
      title:
        `Time from a fault of one of ${POOL} gateways to the kernel's event of the route without it, with \`-check-period ` +
        `${PERIOD_MS}ms -timeout ${PERIOD_MS}ms\`, for ${FAULTS} faults of each kind at random times. In the rows about links and ` +
        "interfaces of the router, each gateway has an interface of the router of its own",
      columns: [{ name: "fault of a gateway" }, ...["median", "90 %", "99 %", "worst"].map(milliseconds)],
      rows: [...rows, { name: "all faults", delays: all }].map(({ name, delays }) => [
        name,
        ...[0.5, 0.9, 0.99, 1].map((share) => quantile(delays, share)),
      ]),
    },
    {
      title: `The same service while nothing fails, for ${QUIET_MS / 1000} seconds`,
      columns: [
        { name: "gateways" },
        { name: "probes per second" },
        { name: "share of a core", digits: 1, unit: "%" },
        { name: "processor time per probe", unit: "µs" },
      ],
      rows: [cost],
    },
  ];
}

interface Row {
  readonly name: string;
  readonly delays: number[];
}

/** @param prepare called when the service runs, before the first fault */
async function withService(
  faults: readonly Fault[],
  prepare: (lab: Lab, daemon: Daemon) => Promise<void>,
): Promise<Row[]> {
  const lab = await Lab.open({ gateways: POOL });
  try {
    const daemon = lab.start({ "check-period": `${PERIOD_MS}ms`, timeout: `${PERIOD_MS}ms`, "log-level": "info" });
    await daemon.untilReady();
    await prepare(lab, daemon);
    const monitor = await lab.monitor();
    await lab.untilRouted(NUMBERS);
    const rows = [];
    for (const fault of faults) rows.push({ name: fault.name, delays: await provoke(lab, monitor, fault) });
    return rows;
  } finally {
    lab.close();
  }
}

/** Gateways, probes per second, percent of a core, and microseconds of processor time per probe. */
async function costOf(daemon: Daemon): Promise<number[]> {
  const before = await probesOf(daemon);
  const usage = watchProcessor(daemon.pid);
  await Bun.sleep(QUIET_MS);
  const { all } = usage();
  const rate = (await probesOf(daemon)).since(before);
  return [POOL, rate, all * 100, (all * 1e6) / rate];
}

async function provoke(lab: Lab, monitor: Monitor, { name, begin, end }: Fault): Promise<number[]> {
  const delays: number[] = [];
  const untilRoute = (what: string, mark: number, accept: (gateways: readonly string[]) => boolean) => {
    const find = (): RouteEvent | undefined =>
      monitor.changesSoFar("default", TABLE, mark).find(({ deleted, gateways }) => !deleted && accept(gateways));
    return lab.until(`the route ${what}, which ${name}`, find, (it) => it !== undefined);
  };
  for (let done = 0; done < FAULTS; done++) {
    const gateway = 1 + (done % POOL);
    const address = addressOf(gateway);
    await Bun.sleep(Math.random() * 2 * PERIOD_MS);
    const fault = monitor.events.mark();
    const start = performance.now(); // a little before the fault, where a command causes it
    await begin(lab, gateway);
    const changed = await untilRoute(`without ${address}`, fault, (gateways) => !gateways.includes(address));
    delays.push(changed!.at - start);
    const recovery = monitor.events.mark();
    await end(lab, gateway);
    await untilRoute(`with ${address} again`, recovery, (gateways) => new Set(gateways).size === POOL);
  }
  return delays;
}

/** Connects each gateway to an interface of the router of its own, in place of the shared network. */
async function giveLinks(lab: Lab): Promise<void> {
  await lab.unplugGateways();
  for (const number of NUMBERS) addressesOfLinks.set(number, await lab.giveLink(number));
}

const addressesOfLinks = new Map<number, string[]>();
