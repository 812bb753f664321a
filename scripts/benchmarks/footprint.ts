import { type Daemon, Lab } from "../../test/e2e/lab/index.ts";
import { quantile } from "./statistics.ts";
import type { Column, Table } from "./table.ts";
import { memoryOf, runTimeOf, watchProcessor } from "./usage.ts";

const GATEWAYS = [10, 50, 150];
const RUNS = 3;
/** The beginning of the warm-up, in which code is loaded and compiled. */
const BEGINNING_MS = 25_000;
const WARM_UP_MS = 60_000;
const MEASURED_MS = 45_000;
const SCRAPE_MS = 15_000;

interface Measured {
  /** Shares of a core. */
  readonly beginning: number;
  readonly steady: number;
  /** In MiB. */
  readonly resident: number;
  readonly anonymous: number;
}

/** Memory and processor time of the service with every gateway healthy: probed once a second and scraped, and idle. */
export async function footprint(): Promise<Table[]> {
  const busy: Measured[][] = [];
  const idle: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    // At the same time: each process is measured by itself.
    const [measured, nothing] = await Promise.all([Promise.all(GATEWAYS.map(measure)), measureIdle()]);
    busy.push(measured);
    idle.push(nothing);
  }
  const of = (index: number, key: keyof Measured): number[] => busy.map((run) => run[index]![key]);
  const percent = (values: readonly number[]): number[] => medianLeastMost(values).map((value) => value * 100);
  return [
    {
      title:
        `The service while all gateways are healthy, probed once a second and scraped every ${SCRAPE_MS / 1000} seconds, ${RUNS} runs of ` +
        `${MEASURED_MS / 1000} seconds after a warm-up of ${WARM_UP_MS / 1000}. The processor time includes the kernel's work for both ` +
        "ends of each connection, since the gateways are on the same machine",
      columns: [
        { name: "gateways" },
        ...spread("share of a core", 2, "time", "%"),
        { name: "processor time per probe", unit: "µs" },
        { name: `share in the first ${BEGINNING_MS / 1000} s`, digits: 2, unit: "%", cost: "time" },
        ...spread("resident MiB", 1, "memory"),
        ...spread("private MiB", 1, "memory"),
      ],
      rows: GATEWAYS.map((gateways, index) => [
        gateways,
        ...percent(of(index, "steady")),
        (quantile(of(index, "steady"), 0.5) * 1e6) / gateways,
        quantile(of(index, "beginning"), 0.5) * 100,
        ...medianLeastMost(of(index, "resident")),
        ...medianLeastMost(of(index, "anonymous")),
      ]),
    },
    {
      title:
        "The service while nothing happens: 10 gateways that are probed once an hour. The time that its threads run, by the " +
        "kernel's account in nanoseconds",
      columns: [{ name: "gateways" }, ...spread("share of a core", 4, "time", "%")],
      rows: [[10, ...percent(idle)]],
    },
  ];
}

/** Columns for the median, the least and the greatest value of all runs; the median is what a later run is compared by. */
function spread(name: string, digits: number, cost: Column["cost"], unit?: string): Column[] {
  const column = { digits, ...(unit !== undefined && { unit }) };
  return [
    { name, ...column, ...(cost && { cost }) },
    { name: `least ${name}`, ...column },
    { name: `most ${name}`, ...column },
  ];
}

const medianLeastMost = (values: readonly number[]): number[] => [0.5, 0, 1].map((share) => quantile(values, share));

async function measure(gateways: number): Promise<Measured> {
  return withService(gateways, "1s", async (daemon) => {
    const beginning = watchProcessor(daemon.pid);
    await Bun.sleep(BEGINNING_MS);
    const { all: inBeginning } = beginning();
    await Bun.sleep(WARM_UP_MS - BEGINNING_MS);
    const usage = watchProcessor(daemon.pid);
    for (let scrape = 0; scrape < MEASURED_MS / SCRAPE_MS; scrape++) {
      await daemon.metrics();
      await Bun.sleep(SCRAPE_MS);
    }
    const { resident, anonymous } = memoryOf(daemon.pid);
    return { beginning: inBeginning, steady: usage().all, resident, anonymous };
  });
}

/** The share of a core that is used while nothing happens. */
async function measureIdle(): Promise<number> {
  return withService(10, "1h", async (daemon) => {
    await Bun.sleep(WARM_UP_MS);
    const before = runTimeOf(daemon.pid);
    const at = performance.now();
    await Bun.sleep(MEASURED_MS);
    return (runTimeOf(daemon.pid) - before) / (performance.now() - at);
  });
}

async function withService<T>(gateways: number, period: string, use: (daemon: Daemon) => Promise<T>): Promise<T> {
  const lab = await Lab.open({ gateways, shared: true });
  try {
    const daemon = lab.start({ "check-period": period, timeout: "500ms", "log-level": "info" });
    await daemon.untilReady();
    const result = await use(daemon);
    await daemon.stop();
    return result;
  } finally {
    lab.close();
  }
}
