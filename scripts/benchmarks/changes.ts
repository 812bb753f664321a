import { addressOf, answering, inTurn, Lab } from "../../test/e2e/lab/index.ts";
import type { Metrics } from "../../test/e2e/lab/metrics.ts";
import type { Table } from "./table.ts";

const POOL = 80;
const CHANGES = 10_000;
/** Long enough that a healthy gateway is hardly ever taken for dead, as that would send packets past the gateways. */
const PERIOD = "120ms";
const PACKETS_A_SECOND = 5_000;
/** So long at most, on a machine that is too busy for more. */
const LIMIT_MS = 120_000;

/** What a stream of packets goes through while the service changes the route over and over. */
export async function changes(): Promise<Table[]> {
  const lab = await Lab.open({ gateways: POOL, shared: true });
  try {
    const daemon = lab.start({ "check-period": PERIOD, timeout: PERIOD, "log-level": "info" });
    await daemon.untilReady();
    for (const gateway of lab.gateways) gateway.requests.push = () => 0; // hundreds of thousands
    const start = await daemon.metrics();
    const stream = await lab.traffic.stream({
      flows: 64,
      packetsPerSecond: PACKETS_A_SECOND,
      limit: (PACKETS_A_SECOND * LIMIT_MS) / 1000,
    });
    // The first gateway stays healthy. Each of the others is the opposite at every probe, half of them at any time.
    for (const [index, gateway] of lab.gateways.entries()) {
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
    const astray = sent - lost - (arrived[addressOf(1)] ?? 0);
    const without = daemon.log.matching(/\(0 of \d+ healthy\)/).length;
    return [
      {
        title:
          `A stream of packets while ${POOL - 1} of ${POOL} gateways fail and return by turns, probed every ${PERIOD}. A machine ` +
          "too busy for that may take all of them for dead at times, and packets then take the main table",
        columns: [
          { name: "changes of the route" },
          { name: "gateways that left" },
          { name: "packets sent" },
          { name: "lost" },
          { name: "past the gateways" },
          { name: "times without any gateway" },
        ],
        rows: [[replaced(now) - replaced(start), flaps, sent, lost, astray, without]],
      },
    ];
  } finally {
    lab.close();
  }
}

const replaced = (metrics: Metrics): number =>
  metrics.value("route_updates_total", { operation: "replace", status: "success" });
