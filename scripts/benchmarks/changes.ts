import { addressOf, answering, flagsOfIpv6, inTurn, INTERNET6, Lab } from "../../test/e2e/lab/index.ts";
import type { Metrics } from "../../test/e2e/lab/metrics.ts";
import type { Table } from "./table.ts";

const POOL = 80;
const CHANGES = 10_000;
/** Long enough that a healthy gateway hardly ever counts as failed, which would route packets by the main table. */
const PERIOD = "120ms";
const PACKETS_A_SECOND = 5_000;
/** The time limit, for a machine that is too busy for CHANGES changes. */
const LIMIT_MS = 420_000;

/** The packets of a stream that are lost while the service changes the route repeatedly, in each family. */
export async function changes(): Promise<Table[]> {
  const rows = [
    ["IPv4", ...(await changesOf(false))],
    ["IPv6", ...(await changesOf(true))],
  ];
  return [
    {
      title:
        `A stream of packets while ${POOL - 1} of ${POOL} gateways alternately fail and return, probed every ${PERIOD}. In IPv6 a change ` +
        "points some slots of the route to other gateways. On a busy machine all gateways may time out at once; the main " +
        "table then routes the packets",
      columns: [
        { name: "family" },
        { name: "changes of the route" },
        { name: "failures of gateways" },
        { name: "packets sent" },
        { name: "packets lost" },
        { name: "packets by the main table" },
        { name: "times without a healthy gateway" },
      ],
      rows,
    },
  ];
}

async function changesOf(ipv6: boolean): Promise<number[]> {
  const lab = await Lab.open({ gateways: POOL, shared: true, ipv6 });
  try {
    const flags = { "check-period": PERIOD, timeout: PERIOD, "log-level": "info" };
    const daemon = lab.start(ipv6 ? { ...flags, ...flagsOfIpv6(POOL) } : flags);
    await daemon.untilReady();
    const gateways = ipv6 ? lab.gateways.map((_, index) => lab.gateway6(index + 1)) : lab.gateways;
    for (const gateway of gateways) gateway.requests.push = () => 0; // hundreds of thousands of requests are not recorded
    const start = await daemon.metrics();
    const stream = await lab.traffic.stream({
      flows: 64,
      packetsPerSecond: PACKETS_A_SECOND,
      limit: (PACKETS_A_SECOND * LIMIT_MS) / 1000,
      ...(ipv6 && { to: INTERNET6 }),
    });
    // The first gateway stays healthy. Each other one alternates from probe to probe, so that half of them are healthy.
    for (const [index, gateway] of gateways.entries()) {
      const states = [answering(500), answering(200)];
      if (index > 0) gateway.becomes(inTurn(...(index % 2 ? states : states.toReversed())));
    }
    const began = performance.now();
    let now = start;
    while (replaced(now) - replaced(start) < CHANGES && performance.now() - began < LIMIT_MS) {
      await Bun.sleep(200);
      now = await daemon.metrics();
    }
    const { sent, lost, arrived } = await stream.stop();
    const flaps = now.value("gateway_flaps_total") - start.value("gateway_flaps_total");
    const bypassed = sent - lost - (arrived[addressOf(1)] ?? 0);
    const without = daemon.log.matching(/\(0 of \d+ healthy\)/).length;
    return [replaced(now) - replaced(start), flaps, sent, lost, bypassed, without];
  } finally {
    lab.close();
  }
}

const replaced = (metrics: Metrics): number =>
  metrics.value("route_updates_total", { operation: "replace", status: "success" });
