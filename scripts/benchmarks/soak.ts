import { readdirSync } from "node:fs";
import { join } from "node:path";

import { addressOf, type Daemon, IP, Lab, PORT } from "../../test/e2e/lab/index.ts";
import type { Namespace } from "../../test/e2e/lab/namespace.ts";
import { growing, growthPerMillion, type Sample, sampleAt } from "./growth.ts";
import type { Table } from "./table.ts";
import { memoryOf } from "./usage.ts";

const POOL = 100;
const PERIOD = "20ms";
const PROBES = 1_000_000;
const SAMPLE_MS = 1000;

/**
 * Growth that noise explains: MiB, sockets and processes that exist at the moment, and threads of a pool of 16. Runs of a
 * million probes on a busy machine differed by 4 MiB more to 7 MiB less; a leak of one small object a probe is 15 MiB or more.
 */
const LIMITS = { resident: 12, anonymous: 12, descriptors: 5, children: 1, threads: 10 };

/** A million probes while gateways fail and return and HTTP clients read metrics, status and events. */
export async function soak(): Promise<Table[]> {
  const { samples, seconds, flaps, routes } = await soakFor(PROBES);
  const shown = [0.1, 0.5, 1].map((share): [string, Sample] => [`${share * 100} %`, sampleAt(samples, share)]);
  const numbers = (sample: Sample): number[] => [
    sample.resident,
    sample.anonymous,
    sample.descriptors,
    sample.children,
    sample.threads,
  ];
  const growth = (["resident", "anonymous", "descriptors", "children", "threads"] as const).map((quantity) =>
    growthPerMillion(samples, quantity),
  );
  const memory = (name: string) => ({ name, digits: 1 });
  return [
    {
      title:
        `${samples.at(-1)!.probes.toLocaleString("en")} probes in ${Math.round(seconds)} seconds: ${POOL} gateways, probed every ` +
        `${PERIOD}, with ${flaps.toLocaleString("en")} failures and ${routes.toLocaleString("en")} changes of the route; metrics, ` +
        "status and event stream were read once a second. The growth is that of the least values after the first fifth",
      columns: [
        { name: "progress" },
        memory("resident MiB"),
        memory("private MiB"),
        memory("open files"),
        memory("children"),
        memory("threads"),
      ],
      rows: [...shown.map(([share, sample]) => [share, ...numbers(sample)]), ["growth per million probes", ...growth]],
      complaints: growing(samples, LIMITS),
    },
  ];
}

export interface Soaked {
  readonly samples: readonly Sample[];
  readonly seconds: number;
  /** Times a gateway went down. */
  readonly flaps: number;
  /** Changes of the route. */
  readonly routes: number;
}

/** Runs the executable for this many probes. */
export async function soakFor(probes: number, pool = POOL, period = PERIOD): Promise<Soaked> {
  const lab = await Lab.open({ gateways: pool, shared: true });
  try {
    for (const gateway of lab.gateways) gateway.close();
    await startGateways(lab, pool);
    const daemon = lab.start({ "check-period": period, timeout: period, "log-level": "warn" });
    await daemon.untilReady();
    const start = performance.now();
    const samples: Sample[] = [];
    for (;;) {
      const metrics = await daemon.metrics();
      samples.push({ probes: metrics.value("gateway_health_check_total"), ...resourcesOf(daemon) });
      if (samples.at(-1)!.probes >= probes) {
        const flaps = metrics.value("gateway_flaps_total");
        const routes = metrics.value("route_updates_total", { operation: "replace" });
        return { samples, seconds: (performance.now() - start) / 1000, flaps, routes };
      }
      await daemon.get("/api/v1/status");
      await followFor(SAMPLE_MS / 2, lab.router);
      await Bun.sleep(SAMPLE_MS / 2);
    }
  } finally {
    lab.close();
  }
}

async function startGateways(lab: Lab, pool: number): Promise<void> {
  const addresses = Array.from({ length: pool }, (_, index) => addressOf(index + 1));
  const script = join(import.meta.dir, "cheap-gateways.ts");
  const command = [IP, "netns", "exec", lab.gatewaySpace(1).name, process.execPath, script, String(PORT), ...addresses];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  lab.onClose(() => child.kill("SIGKILL"));
  const { value } = await child.stdout.getReader().read();
  if (!value) throw new Error("the gateways of the soak did not start");
}

/** Reads the service's event stream for a while, and then resets the connection. */
async function followFor(milliseconds: number, router: Namespace): Promise<void> {
  const socket = await router.enter(() =>
    Bun.connect({ hostname: "127.0.0.1", port: 9090, socket: { data() {}, error() {} } }),
  );
  socket.write("GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await Bun.sleep(milliseconds);
  socket.terminate();
}

function resourcesOf(daemon: Daemon): Omit<Sample, "probes"> {
  const { pid, children } = daemon;
  const { resident, anonymous } = memoryOf(pid);
  const count = (folder: string): number => readdirSync(`/proc/${pid}/${folder}`).length;
  return { resident, anonymous, descriptors: count("fd"), children: children.length, threads: count("task") };
}
