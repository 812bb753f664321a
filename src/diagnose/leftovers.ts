import type { Config, PoolConfig } from "../config/model.ts";
import { settingNames } from "../config/setting-name.ts";
import { canTakeOver, takesOver } from "../config/routing-settings.ts";
import type { Family } from "../net/address.ts";
import type { Kernel } from "../routing/kernel.ts";
import { findLeftovers, withoutLeftovers } from "../routing/leftovers.ts";
import { leftoversRemoval, leftoversText } from "../routing/leftovers-text.ts";
import type { PolicyRule } from "../routing/policy-rule.ts";
import type { Leftovers, Observed } from "../routing/types.ts";
import { failure, fine, type Finding, warning } from "./finding.ts";
import { settingsOfPool } from "./routing-settings.ts";

/** What the earlier program has left in the places of each pool; undefined where there is nothing. */
export type PoolLeftovers = readonly (Leftovers | undefined)[];

/** @param observed what was read for each pool */
export async function readLeftovers(
  config: Config,
  family: Family,
  observed: readonly Observed[],
  { visitRoutes }: Kernel,
): Promise<PoolLeftovers> {
  if (family === 6) return observed.map(() => undefined);
  return Promise.all(
    observed.map((one, index) => {
      const { layout, destinations, tableRef } = settingsOfPool(config, index, family);
      const place = { ...tableRef, gateways: layout.gateways, managed: destinations.managed };
      return findLeftovers(one, place, visitRoutes);
    }),
  );
}

/** What is observed of each pool with its leftovers, as a start that takes them over sees it. */
export function withLeftovers(config: Config, observed: readonly Observed[], left: PoolLeftovers): Observed[] {
  return observed.map((one, index) =>
    takesOver(config, config.pools[index]!) ? { ...one, leftovers: left[index] } : one,
  );
}

/** What is observed of each pool besides the leftovers of all. */
export function besidesLeftovers(observed: readonly Observed[], left: PoolLeftovers): Observed[] {
  return observed.map((one) => left.reduce(withoutLeftovers, one));
}

/** What the earlier program has left in the place of a pool, and whether the start takes it over. */
export function checkLeftovers(
  leftovers: Leftovers | undefined,
  policies: readonly PolicyRule[],
  config: Config,
  pool: PoolConfig,
): Finding[] {
  if (leftovers === undefined) return [];
  const topic = "earlier program";
  const what = `${leftoversText(leftovers)} of a run that was killed or stopped`;
  if (takesOver(config, pool)) return [fine(topic, `${what}; the next start takes them over`)];
  const option = canTakeOver(config, pool) ? `set ${settingNames(config.service).nameOf("takeOver")}, or ` : "";
  const remedy = `stop that program if it still runs, then ${option}remove them: ${leftoversRemoval(leftovers, policies)}`;
  return leftovers.routes.length > 0
    ? [failure(topic, `${what}; the service adds no rule while its route is there`, remedy)]
    : [warning(topic, `${what}; the service leaves them as they are`, remedy)];
}
