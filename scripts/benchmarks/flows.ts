import { answering } from "../../test/fakes/gateway.ts";
import { address6Of, addressOf, flagsOfIpv6, gatewaysOfFlows, Lab } from "../../test/e2e/lab/index.ts";
import type { Table } from "./table.ts";

/** So many flows that a share is known to within one or two percent. */
const FLOWS = 4000;

/**
 * How many flows change their gateway when one gateway leaves and returns: with the service's slots, and with a route that
 * is made from a plain list of the healthy gateways each time. The kernel's route look-up shows the gateway of each flow.
 */
export async function flows(): Promise<Table[]> {
  const rows = [];
  for (const pool of [5, 20, 100]) {
    const slots = await withSlots(pool);
    const ofIpv6 = await withSlots(pool, true);
    const plain = await withPlainList(pool);
    rows.push([pool, ...slots, ...ofIpv6, ...plain, 100 / pool]);
  }
  const share = (name: string) => ({ name, digits: 1, unit: "%" });
  const title =
    `Share of ${FLOWS.toLocaleString("en")} flows that change their gateway when one of a pool leaves and returns. "Plain list" is a route ` +
    "that is made from the list of healthy gateways each time; the gateway in the middle leaves, which is its best case";
  const columns = [
    { name: "gateways" },
    share("leaves: flows between healthy gateways"),
    share("returns: all flows"),
    share("IPv6, leaves: flows between healthy gateways"),
    share("IPv6, returns: all flows"),
    share("plain list, leaves"),
    share("plain list, returns"),
    share("least possible on return"),
  ];
  return [{ title, columns, rows }];
}

type Survey = readonly string[];

async function withSlots(pool: number, ipv6 = false): Promise<number[]> {
  const lab = await Lab.open({ gateways: pool, shared: true, ipv6 });
  try {
    const flags = { "check-period": "500ms", timeout: "500ms", "log-level": "info" };
    lab.start(ipv6 ? { ...flags, ...flagsOfIpv6(pool) } : flags);
    const all = Array.from({ length: pool }, (_, index) => index + 1);
    const leaving = Math.ceil(pool / 2);
    const untilRouted = async (gateways: readonly number[]): Promise<unknown> =>
      ipv6 ? lab.untilRouted6(gateways) : lab.untilRouted(gateways);
    const gateway = ipv6 ? lab.gateway6(leaving) : lab.gateway(leaving);
    await untilRouted(all);
    const before = await gatewaysOfFlows(lab.router, FLOWS, ipv6);
    gateway.becomes(answering(500));
    await untilRouted(all.filter((number) => number !== leaving));
    const without = await gatewaysOfFlows(lab.router, FLOWS, ipv6);
    gateway.becomes(answering(200));
    await untilRouted(all);
    return compare(
      before,
      without,
      await gatewaysOfFlows(lab.router, FLOWS, ipv6),
      ipv6 ? address6Of(leaving) : addressOf(leaving),
    );
  } finally {
    lab.close();
  }
}

async function withPlainList(pool: number): Promise<number[]> {
  const lab = await Lab.open({ gateways: pool, shared: true });
  try {
    const all = Array.from({ length: pool }, (_, index) => addressOf(index + 1));
    const leaving = addressOf(Math.ceil(pool / 2));
    const route = (gateways: string[]) =>
      lab.router.batch([`route replace default ${gateways.map((gateway) => `nexthop via ${gateway}`).join(" ")}`]);
    await route(all);
    const before = await gatewaysOfFlows(lab.router, FLOWS);
    await route(all.filter((gateway) => gateway !== leaving));
    const without = await gatewaysOfFlows(lab.router, FLOWS);
    await route(all);
    return compare(before, without, await gatewaysOfFlows(lab.router, FLOWS), leaving);
  } finally {
    lab.close();
  }
}

function compare(before: Survey, without: Survey, after: Survey, leaving: string): number[] {
  const percent = (moved: (flow: number) => boolean): number =>
    (100 * before.filter((_, flow) => moved(flow)).length) / before.length;
  return [
    percent((flow) => before[flow] !== leaving && before[flow] !== without[flow]),
    percent((flow) => without[flow] !== after[flow]),
  ];
}
