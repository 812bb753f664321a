import { Lab } from "../../test/e2e/lab/index.ts";
import type { Table } from "./table.ts";
import { memoryOf, watchProcessor } from "./usage.ts";

const WARM_UP_MS = 30_000;
const MEASURED_MS = 45_000;
const SCRAPE_MS = 15_000;

/** Memory and processor time of the service with every gateway healthy, probed once a second, and scraped every 15 s. */
export async function footprint(): Promise<Table[]> {
  const rows = await Promise.all([10, 50, 150].map(measure)); // at the same time: each process is measured by itself
  const title =
    "The service while all gateways are healthy, probed once a second and scraped every 15 seconds, measured for " +
    `${MEASURED_MS / 1000} seconds after a warm-up of ${WARM_UP_MS / 1000}. The processor time includes the kernel's work for both ` +
    "ends of each connection, since the gateways are on the same machine";
  const memory = (name: string) => ({ name, digits: 1 });
  const columns = [
    { name: "gateways" },
    { name: "share of a core", digits: 2, unit: "%" },
    { name: "processor time per probe", unit: "µs" },
    memory("resident MiB"),
    memory("proportional MiB"),
    memory("private MiB"),
  ];
  return [{ title, columns, rows }];
}

async function measure(pool: number): Promise<number[]> {
  const lab = await Lab.open({ gateways: pool, shared: true });
  try {
    const daemon = lab.start({ "check-period": "1s", timeout: "500ms", "log-level": "info" });
    await daemon.untilReady();
    await Bun.sleep(WARM_UP_MS);
    const usage = watchProcessor(daemon.pid);
    for (let scrape = 0; scrape < MEASURED_MS / SCRAPE_MS; scrape++) {
      await daemon.metrics();
      await Bun.sleep(SCRAPE_MS);
    }
    const { all } = usage();
    const { resident, proportional, anonymous } = memoryOf(daemon.pid);
    await daemon.stop();
    return [pool, all * 100, (all * 1e6) / pool, resident, proportional, anonymous];
  } finally {
    lab.close();
  }
}
