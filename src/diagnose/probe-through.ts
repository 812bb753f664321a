import { beyondProbes, type Config, probeTablesOf } from "../config/model.ts";
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
export async function probeThrough(config: Config): Promise<ThroughProbed[]> {
  const probed: ThroughProbed[] = [];
  for (const prober of beyondProbes(config)) {
    const gateways = config.gateways.flatMap(({ address, probes }, index) => {
      return probes.includes(prober.name) ? { gateway: address, mark: markOf(probeTablesOf(config)!, index) } : [];
    });
    const answers = new Map(gateways.map(({ gateway }) => [gateway, new Map<string, ProbeResult>()]));
    for (const [target, settings] of throughSettings(prober)) {
      const probe = throughProberOf(settings);
      await Promise.all(
        gateways.map(async ({ gateway, mark }) => {
          answers.get(gateway)!.set(target, await probe({ mark }));
        }),
      );
    }
    probed.push({ label: prober.label, targets: [...prober.targets.keys()], need: prober.need, answers });
  }
  return probed;
}

/** Gateways that have lately answered ARP requests, which the probes have caused. */
export async function readPresent(): Promise<ReadonlySet<string>> {
  const neighbours = await readNeighbours().catch(() => new Map<string, boolean>());
  return new Set([...neighbours].filter(([, answers]) => answers).map(([address]) => address));
}
