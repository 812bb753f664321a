import { FAMILIES, type Family, familyOf, parseAddress } from "../net/address.ts";
import { inFamily, managedFamilies } from "./families.ts";
import {
  allAddresses,
  type BeyondProbe,
  type Config,
  type GatewayConfig,
  type ProbeConfig,
  probesOf,
} from "./model.ts";
import { hostOfUrl } from "./target-text.ts";
import { hostOfTarget, type ThroughProber, type ThroughTarget } from "./through-values.ts";

/*
 * A target is asked through gateways of its own family alone, and a probe without any target of a family has no part in it. So
 * each gateway with a probe beyond it has to have one that asks in its family: nothing else would show that what is beyond
 * it is gone.
 */

/** The targets that are asked in a family: those with an address of it, and those with a name, which may have some of both. */
export function targetsIn({ targets }: Pick<ThroughProber, "targets">, family: Family): Map<string, ThroughTarget> {
  return new Map([...targets].filter(([, target]) => canBeIn(hostOfTarget(target), family)));
}

/** Whether a host can have an address of a family: any name can. */
export function canBeIn(host: string, family: Family): boolean {
  const address = parseAddress(host, FAMILIES);
  return address === undefined || address.family === family;
}

/**
 * Whether a probe asks anything of gateways of a family. Beyond them it asks only in the families that are routed, for there
 * are no routes for probes in others.
 */
export function asksIn(probe: ProbeConfig, family: Family, config: Pick<Config, "pools">): boolean {
  if (probe.kind === "gateway") return true;
  return managedFamilies(config).includes(family) && targetsIn(probe, family).size > 0;
}

/** What probes a gateway by one of its addresses, in the order of all probes. */
export function probesOfAddress(
  config: Pick<Config, "pools" | "probes">,
  gateway: GatewayConfig,
  address: string,
): readonly ProbeConfig[] {
  const family = familyOf(address);
  return probesOf(config.probes, gateway).filter((probe) => asksIn(probe, family, config));
}

/** The first of what probes each gateway, by its addresses; the only one of those that have no other. */
export function firstProbers(config: Pick<Config, "gateways" | "pools" | "probes">): ReadonlyMap<string, string> {
  return new Map(
    config.gateways.flatMap((gateway) =>
      allAddresses(gateway).flatMap((address): [string, string][] => {
        const [first] = probesOfAddress(config, gateway, address);
        return first === undefined ? [] : [[address, first.name]];
      }),
    ),
  );
}

/** Families that are routed, and in which no service can be asked for an exit: a leak there is not found. */
export function familiesWithoutExit(config: Pick<Config, "exitCheck" | "pools">): Family[] {
  const hosts = config.exitCheck.urls.map(hostOfUrl);
  if (hosts.length === 0) return [];
  return managedFamilies(config).filter((family) => !hosts.some((host) => canBeIn(host, family)));
}

/** Too few targets of a family. */
export interface TargetLack {
  readonly probe: BeyondProbe;
  readonly family: Family;
  /** How many it has; where there is none, no other probe of the gateway has one either. */
  readonly count: number;
  /** A gateway that lacks them. */
  readonly gateway: string;
}

/** Where gateways that carry packets of a family are asked for too few targets of it; of each probe one of them. */
export function targetLacks(config: Pick<Config, "gateways" | "probes" | "pools">): TargetLack[] {
  const lacks = new Map<string, TargetLack>();
  for (const { gateway, family, probes } of probedAddresses(config)) {
    const counts = probes.map((probe) => ({ probe, family, gateway, count: targetsIn(probe, family).size }));
    const asking = counts.filter(({ count }) => count > 0);
    const found =
      asking.length === 0
        ? counts.slice(0, 1)
        : asking.filter(({ probe: { need, targets }, count }) => count < need && need <= targets.size);
    for (const lack of found) {
      const key = `${lack.probe.name} ${family}`;
      if (!lacks.has(key)) lacks.set(key, lack);
    }
  }
  return [...lacks.values()];
}

/** The addresses of gateways over which pools route, with the probes beyond each; without those that have none. */
function probedAddresses({ gateways, probes, pools }: Pick<Config, "gateways" | "probes" | "pools">) {
  return FAMILIES.flatMap((family) => {
    const used = new Set(pools.flatMap((pool) => inFamily(pool, family)?.gateways ?? []));
    return gateways.flatMap((one) => {
      const gateway = allAddresses(one).find((address) => used.has(address));
      const beyond = probesOf(probes, one).flatMap((probe) => (probe.kind === "beyond" ? probe : []));
      return gateway === undefined || beyond.length === 0 ? [] : { gateway, family, probes: beyond };
    });
  });
}

/** A target of a family as `-through` and `targets` have it, for people. */
export function exampleTarget({ label }: Pick<BeyondProbe, "label">, family: Family): string {
  const [address, host] = family === 4 ? ["1.1.1.1", "1.1.1.1"] : ["2606:4700:4700::1111", "[2606:4700:4700::1111]"];
  if (label === "url") return `https://${host}/`;
  return label === "tcp" ? `${host}:443` : address;
}
