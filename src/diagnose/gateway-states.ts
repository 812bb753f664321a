import {
  addressesOf,
  allAddresses,
  type Config,
  gatewayProbes,
  type GatewayProbe,
  requirementsOf,
} from "../config/model.ts";
import type { ProbedGateway } from "./gateways.ts";

/** What one probe of the gateways themselves has found. */
export interface Probed {
  readonly probe: Pick<GatewayProbe, "name">;
  readonly probed: readonly Pick<ProbedGateway, "gateway" | "result">[];
}

/** Gateways whose own probes have succeeded: all of them, or any of them where that is enough. */
export function healthyOf(config: Config, probed: readonly Probed[]): Set<string> {
  const requirementOf = requirementsOf(config);
  const byGateway = Map.groupBy(
    probed.flatMap((one) => one.probed),
    ({ gateway }) => gateway,
  );
  const healthy = [...byGateway].filter(([gateway, of]) => {
    const successes = of.filter(({ result }) => result.kind === "success").length;
    return requirementOf(gateway) === "any" ? successes > 0 : successes === of.length;
  });
  return new Set(healthy.map(([gateway]) => gateway));
}

/** Those of all gateways that no probe of their own, or none that counts, finds down. @param up those that some find up */
export function answering(config: Config, probed: readonly Probed[], up: ReadonlySet<string>): string[] {
  const asked = new Set(probed.flatMap((one) => one.probed.map(({ gateway }) => gateway)));
  return addressesOf(config).filter((gateway) => !asked.has(gateway) || up.has(gateway));
}

/**
 * Gateways that are down for what lies beyond them.
 *
 * @param found those that probes beyond the gateways find up, and down
 */
export function failingBeyond(
  config: Config,
  { up, down }: { readonly up: ReadonlySet<string>; readonly down: ReadonlySet<string> },
): Set<string> {
  const itself = new Set(gatewayProbes(config).map(({ name }) => name));
  const failing = config.gateways.flatMap((gateway) => {
    const isAskedItself = gateway.probes.some((name) => itself.has(name)); // then its own probe counts as well
    return allAddresses(gateway).filter((address) => {
      if (gateway.requirement === "all") return down.has(address);
      return !isAskedItself && down.has(address) && !up.has(address);
    });
  });
  return new Set(failing);
}
