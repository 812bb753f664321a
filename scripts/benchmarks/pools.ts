import { addressOf, answering, type Daemon, Lab } from "../../test/e2e/lab/index.ts";
import type { Monitor } from "../../test/e2e/lab/kernel.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";
import { memoryOf, watchProcessor } from "./usage.ts";

export const GATEWAYS = 100;
const FAULTS = 20;
const WARM_UP_MS = 20_000;
const MEASURED_MS = 30_000;

/** A service with some pools, each of which has this many neighbouring gateways. */
export interface Scene {
  readonly name: string;
  readonly pools: number;
  readonly members: number;
}

export const SCENES: readonly Scene[] = [
  { name: "1 pool of all gateways", pools: 1, members: GATEWAYS },
  { name: "20 pools of 10 gateways, each gateway in 2 pools", pools: 20, members: 10 },
  { name: "20 pools of all gateways", pools: 20, members: GATEWAYS },
];

/** What several pools cost that share 100 gateways, and how fast all of them follow a gateway, against one pool. */
export async function pools(): Promise<Table[]> {
  const rows: (string | number)[][] = [];
  for (const scene of SCENES) rows.push(await measure(scene));
  const milliseconds = (name: string) => ({ name, digits: 1, unit: "ms" });
  return [
    {
      title:
        `${GATEWAYS} gateways, each probed once a second. The processor time is that of ${MEASURED_MS / 1000} seconds in which nothing ` +
        `fails. Then one gateway after the other fails, ${FAULTS} in all: the time from its answer to the failed probe until the kernel's ` +
        "event of the last route without it, in all pools that have it, and the runs of `ip` for that",
      columns: [
        { name: "pools" },
        { name: "share of a core", digits: 2, unit: "%" },
        { name: "resident MiB", digits: 1 },
        { name: "private MiB", digits: 1 },
        milliseconds("median until the last route"),
        milliseconds("90 %"),
        { name: "runs of ip for a fault", digits: 1 },
      ],
      rows,
    },
  ];
}

async function measure({ name, pools: count, members }: Scene): Promise<(string | number)[]> {
  const lab = await Lab.open({ gateways: GATEWAYS, shared: true });
  try {
    const file = fileOf(count, members);
    const daemon = lab.startWithFile(file, { "log-level": "info" });
    await daemon.untilReady();
    await Bun.sleep(WARM_UP_MS);
    const usage = watchProcessor(daemon.pid);
    await Bun.sleep(MEASURED_MS);
    const { all } = usage();
    const { resident, anonymous } = memoryOf(daemon.pid);
    const { delays, runs } = await provokeAll(lab, daemon, tablesBy(count, members));
    await daemon.stop();
    return [name, all * 100, resident, anonymous, quantile(delays, 0.5), quantile(delays, 0.9), runs];
  } finally {
    lab.close();
  }
}

/** The gateways of a pool: neighbours in a circle, so that all have the same number of pools. */
function membersOf(pool: number, count: number, members: number): number[] {
  const first = Math.floor((pool * GATEWAYS) / count);
  return Array.from({ length: members }, (_, index) => 1 + ((first + index) % GATEWAYS));
}

/** The tables whose routes have each gateway. */
function tablesBy(count: number, members: number): (gateway: number) => number[] {
  return (gateway) =>
    Array.from({ length: count }, (_, pool) => pool).flatMap((pool) =>
      membersOf(pool, count, members).includes(gateway) ? 180 + pool : [],
    );
}

/** A configuration file. Each pool is for a source network of its own, and the last one for all packets. */
export function fileOf(count: number, members: number): string {
  const gateways = Array.from({ length: GATEWAYS }, (_, index) => `[[gateway]]\naddress = "${addressOf(index + 1)}"`);
  const list = Array.from({ length: count }, (_, pool) => {
    const own = membersOf(pool, count, members).map((gateway) => `{ gateway = "${addressOf(gateway)}" }`);
    const from = pool < count - 1 ? `from = ["10.100.${pool}.0/24"]\n` : "";
    return `[[pool]]\nname = "p${pool}"\n${from}members = [${own.join(", ")}]`;
  });
  return ['[probe.health]\ntype = "http"\nport = 9999\nperiod = "1s"\ntimeout = "500ms"', ...gateways, ...list].join(
    "\n",
  );
}

async function provokeAll(lab: Lab, daemon: Daemon, tablesOf: (gateway: number) => readonly number[]) {
  const monitor = await lab.monitor();
  const delays: number[] = [];
  const runsBefore = await runsOf(daemon);
  for (let fault = 0; fault < FAULTS; fault++) {
    const gateway = 1 + fault * Math.floor(GATEWAYS / FAULTS);
    delays.push(await provoke(lab, monitor, gateway, tablesOf(gateway)));
  }
  // Of each fault and of its end: the change, and the reading that confirms it.
  const runs = ((await runsOf(daemon)) - runsBefore) / FAULTS;
  return { delays, runs };
}

async function runsOf(daemon: Daemon): Promise<number> {
  return (await daemon.metrics()).value("ip_commands_total");
}

/** Milliseconds from the answer that takes a gateway down to the event of the last route without it. */
async function provoke(lab: Lab, monitor: Monitor, number: number, tables: readonly number[]): Promise<number> {
  const gateway = lab.gateway(number);
  const [answered, address] = [gateway.requests.length, addressOf(number)];
  const mark = monitor.events.mark();
  gateway.becomes(answering(500));
  const lastChange = async (what: string, has: boolean, since: number): Promise<number> => {
    const find = (): (number | undefined)[] =>
      tables.map(
        (table) =>
          monitor.changesSoFar("default", table, since).find((one) => one.gateways.includes(address) === has)?.at,
      );
    const found = await lab.until(what, find, (times) => times.every((at) => at !== undefined));
    return Math.max(...(found as number[]));
  };
  const at = await lastChange(`${tables.length} routes without ${address}`, false, mark);
  const failed = gateway.requests.slice(answered).find(({ status }) => status === 500)!.answeredAt!;
  const back = monitor.events.mark();
  gateway.becomes(answering(200));
  await lastChange(`${tables.length} routes with ${address}`, true, back);
  return at - failed;
}
