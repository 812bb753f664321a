import { readdirSync, readFileSync } from "node:fs";

import { Lab } from "../../test/e2e/lab/index.ts";
import { table } from "./table.ts";

const WARM_UP_MS = 60_000;
const MEASURED_MS = 60_000;

/** Memory and processor time of the service with every gateway healthy, probed once a second, and scraped every 15 s. */
export async function footprint(): Promise<string> {
  const rows = [];
  for (const pool of [10, 50]) rows.push(await measure(pool));
  return table(
    `The service at rest: probes once a second, scraped every 15 s, measured for ${MEASURED_MS / 1000} s`,
    ["gateways", "resident MiB", "of it private MiB", "% of a core"],
    rows,
  );
}

async function measure(pool: number): Promise<(string | number)[]> {
  const lab = await Lab.open({ gateways: pool, shared: true });
  try {
    const daemon = lab.start({ "check-period": "1s", timeout: "500ms", "log-level": "info" });
    await daemon.untilReady();
    await Bun.sleep(WARM_UP_MS);
    const start = [cpuMilliseconds(daemon.pid), performance.now()] as const;
    for (let scrape = 0; scrape < MEASURED_MS / 15_000; scrape++) {
      await daemon.metrics();
      await Bun.sleep(15_000);
    }
    const share = (cpuMilliseconds(daemon.pid) - start[0]) / (performance.now() - start[1]);
    const status = readFileSync(`/proc/${daemon.pid}/status`, "utf8");
    const mebibytes = (name: string): string =>
      (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(status)![1]) / 1024).toFixed(1);
    await daemon.stop();
    return [pool, mebibytes("VmRSS"), mebibytes("RssAnon"), (share * 100).toFixed(2)];
  } finally {
    lab.close();
  }
}

/** Time on a processor of all threads of a process, exact to the nanosecond where /proc/PID/stat counts in 10 ms. */
function cpuMilliseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const times = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1e6;
}
