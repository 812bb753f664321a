import { allAddresses, type BeyondProbe, beyondProbes, type Config } from "../config/model.ts";
import { targetsIn } from "../config/target-families.ts";
import { throughSettings } from "../config/through-values.ts";
import { FAMILIES, type Family, familyOf } from "../net/address.ts";
import { throughProberOf } from "../probe/probers.ts";
import type { GatewayPath, ProbeResult } from "../probe/probe.ts";
import { readNeighbours } from "../routing/iproute2/inspect.ts";
import { gatewayPaths } from "../service/gateway-paths.ts";
import type { ThroughProbed } from "./through.ts";

/**
 * Asks each target of each -through once through each gateway of its family: one target after the other, each through all of
 * them at the same time. What a prober asks in each family is apart.
 */
export async function probeThrough(config: Config): Promise<ReadonlyMap<Family, readonly ThroughProbed[]>> {
  const probed = new Map<Family, readonly ThroughProbed[]>();
  for (const family of FAMILIES) probed.set(family, await probeInFamily(config, family));
  return probed;
}

async function probeInFamily(config: Config, family: Family): Promise<readonly ThroughProbed[]> {
  const probed: ThroughProbed[] = [];
  const paths = gatewayPaths(config);
  for (const prober of beyondProbes(config)) {
    const own = config.gateways.filter(({ probes }) => probes.includes(prober.name)).flatMap(allAddresses);
    const gateways = own.filter((gateway) => familyOf(gateway) === family);
    const targets = targetsIn(prober, family);
    if (gateways.length > 0 && targets.size > 0) probed.push(await askAll({ ...prober, targets }, gateways, paths));
  }
  return probed;
}

async function askAll(
  prober: BeyondProbe,
  gateways: readonly string[],
  paths: ReadonlyMap<string, GatewayPath>,
): Promise<ThroughProbed> {
  const answers = new Map(gateways.map((gateway) => [gateway, new Map<string, ProbeResult>()]));
  for (const [target, settings] of throughSettings(prober)) {
    const probe = throughProberOf(settings);
    await Promise.all(
      gateways.map(async (gateway) => answers.get(gateway)!.set(target, await probe(paths.get(gateway)!))),
    );
  }
  return { label: prober.label, targets: [...prober.targets.keys()], need: prober.need, answers };
}

/** Gateways that have lately answered requests for their addresses (ARP, NDP), which the probes have caused. */
export async function readPresent(): Promise<ReadonlySet<string>> {
  const neighbours = await readNeighbours(FAMILIES).catch(() => new Map<string, boolean>());
  return new Set([...neighbours].filter(([, answers]) => answers).map(([address]) => address));
}
