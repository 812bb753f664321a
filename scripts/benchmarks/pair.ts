import { gatewaysOfFlows, Lab } from "../../test/e2e/lab/index.ts";
import { Connections } from "../../test/e2e/lab/connections.ts";
import { type Member, Pair } from "../../test/e2e/lab/pair.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const TAKE_OVERS = 20;
const CONNECTIONS = 100;
const FLOWS = 2000;

/** How the router on duty fails, and how it comes back. */
interface Kind {
  readonly name: string;
  fail(pair: Pair, holder: Member): Promise<unknown>;
  mend(pair: Pair, failed: Member): Promise<unknown>;
}

const GATEWAYS = ["10.77.0.11", "10.77.0.12", "10.77.0.13"];
const unreachable = (how: string): string[] => GATEWAYS.map((gateway) => `route ${how} blackhole ${gateway}/32`);

const KINDS: readonly Kind[] = [
  {
    name: "keepalived ends",
    fail: (pair, holder) => pair.end(holder),
    mend: async (pair, failed) => pair.begin(failed),
  },
  {
    name: "keepalived is killed, and started again after a second",
    fail: async (pair, holder) => {
      await pair.kill(holder);
      await Bun.sleep(1000);
      pair.begin(holder);
    },
    mend: async () => {},
  },
  {
    name: "the service stops",
    fail: (_, holder) => holder.daemon.stop(),
    mend: (pair, failed) => pair.restart(failed),
  },
  {
    name: "the link to the gateways is lost",
    fail: (_, holder) => holder.space.ip("link", "set", "gw0", "down"),
    mend: (_, failed) => failed.space.ip("link", "set", "gw0", "up"),
  },
  {
    name: "all gateways are down for one router",
    fail: (_, holder) => holder.space.batch(unreachable("add")),
    mend: (_, failed) => failed.space.batch(unreachable("delete")),
  },
  {
    name: "the routers do not hear each other, and the client hears one",
    fail: (pair, holder) => pair.plug(holder, "down"),
    mend: (pair, failed) => pair.plug(failed, "up"),
  },
];

/** A pair of routers with the files of `print keepalived`: what the connections of a client lose at a take-over. */
export async function pair(): Promise<Table[]> {
  const rows = [];
  for (const kind of KINDS) rows.push(await measure(kind));
  const title =
    `Two routers with the files of \`print keepalived\`, 3 gateways, ${CONNECTIONS} TCP connections that talk through them, and ` +
    `${TAKE_OVERS} take-overs of each kind. Connections are lost that end, or reach another gateway than before; the kernels of both ` +
    `routers are asked for the gateway of ${FLOWS.toLocaleString("en")} flows after each. A router for which all gateways are down loses them one after ` +
    "the other, and moves connections of the first to the others, which ends them";
  const columns = [
    { name: "the router on duty fails" },
    { name: "take-overs" },
    { name: "connections lost" },
    { name: "flows that differ" },
    { name: "median", unit: "ms" },
    { name: "slowest", unit: "ms" },
  ];
  return [{ title, columns, rows }];
}

async function measure({ name, fail, mend }: Kind): Promise<(string | number)[]> {
  const lab = await Lab.open({ beyond: true });
  try {
    const routers = await Pair.open(lab, { "check-period": "500ms", timeout: "500ms" });
    routers.begin(routers.members[0]);
    let holder = await routers.untilHeld(routers.members[0]);
    routers.begin(routers.members[1]);
    const connections = await Connections.openBeyond(lab, CONNECTIONS);
    const before = await connections.ask(lab);
    const times: number[] = [];
    let [lost, differ] = [0, 0];
    for (let round = 0; round < TAKE_OVERS; round++) {
      const failed = holder;
      const began = performance.now();
      await connections.talkDuring(async () => {
        await fail(routers, failed);
        holder = await routers.untilTaken(routers.other(failed));
        times.push(performance.now() - began);
      });
      await mend(routers, failed);
      if ((await routers.untilHeld()) !== holder) throw new Error(`${name}: the address moved back`);
      lost = differences(before, await connections.ask(lab)); // one that has ended remains so
      await Promise.all(routers.members.map(({ daemon }) => daemon.untilMetrics("all gateways", isWhole)));
      const [one, other] = await Promise.all(routers.members.map(({ space }) => gatewaysOfFlows(space, FLOWS)));
      differ += differences(one!, other!);
    }
    return [name, TAKE_OVERS, lost, differ, quantile(times, 0.5), quantile(times, 1)];
  } finally {
    lab.close();
  }
}

const isWhole = (metrics: { value(name: string): number }): boolean =>
  metrics.value("default_route_gateways_count") === GATEWAYS.length;

function differences(one: readonly string[], other: readonly string[]): number {
  return one.filter((value, index) => value !== other[index]).length;
}
