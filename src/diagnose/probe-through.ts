import { type PoolConfig, probeTablesOf } from "../config/model.ts";
import { throughSettings } from "../config/through-values.ts";
import { throughProberOf } from "../probe/probers.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { readNeighbours } from "../routing/iproute2/inspect.ts";
import { markOf } from "../routing/probe-tables.ts";
import type { ThroughProbed } from "./through.ts";

/**
 * Asks each target of each -through once through each gateway: one target after the other, each through all gateways at the
 * same time.
 */
export async function probeThrough(pool: PoolConfig): Promise<ThroughProbed[]> {
  const probed: ThroughProbed[] = [];
  for (const prober of pool.through) {
    const answers = new Map(pool.gateways.map((gateway) => [gateway, new Map<string, ProbeResult>()]));
    for (const [target, settings] of throughSettings(prober, pool)) {
      const probe = throughProberOf(settings);
      await Promise.all(
        pool.gateways.map(async (gateway, index) => {
          answers.get(gateway)!.set(target, await probe({ mark: markOf(probeTablesOf(pool)!, index) }));
        }),
      );
    }
    probed.push({ label: prober.label, targets: [...prober.targets.keys()], need: pool.throughNeed, answers });
  }
  return probed;
}

/** Gateways that have lately answered ARP requests, which the probes have caused. */
export async function readPresent(): Promise<ReadonlySet<string>> {
  const neighbours = await readNeighbours().catch(() => new Map<string, boolean>());
  return new Set([...neighbours].filter(([, answers]) => answers).map(([address]) => address));
}
