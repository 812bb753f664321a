import type { Config, PoolConfig } from "../config/model.ts";
import { detourBeside, placeProblemsBeside } from "../config/places-beside.ts";
import { poolProblems } from "../config/pool-problems.ts";
import { failureText } from "../text/failure.ts";

/** The configurations to put in force one after the other, or why that cannot be done. */
export type Steps =
  | { readonly ok: true; readonly configs: readonly Config[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * The steps from a running configuration to another one. There are two where pools take places that others have until then.
 *
 * @param leaving former pools that are still in the kernel
 */
export function stepsTo(config: Config, running: Config, leaving: readonly PoolConfig[]): Steps {
  const problems = [
    ...placeProblemsBeside(leaving, config.pools),
    ...leaving.map((pool) => leavingText(pool, running)),
    ...problemsAmongPools(config),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const inTheWay = placeProblemsBeside(running.pools, config.pools);
  if (inTheWay.length === 0) return { ok: true, configs: [config] };
  const pools = detourBeside(running.pools, config.pools) as [PoolConfig, ...PoolConfig[]];
  const detour = { ...config, pools };
  if (problemsAmongPools(detour).length > 0) return { ok: false, problems: inTheWay };
  return { ok: true, configs: [detour, config] };
}

function problemsAmongPools(config: Config): readonly string[] {
  return config.pools[0].name === undefined ? [] : poolProblems(config).map(failureText);
}

function leavingText({ name, table, route }: PoolConfig, running: Config): string {
  const isFamily = running.pools.some((pool) => pool.name === name && pool.table === table);
  if (isFamily)
    return `IPv${route[0]!.address.family} of ${nameText(name)} is still in the kernel: it goes once ip works; reload then`;
  const which = name === undefined ? "the former pool without a name" : `the former pool ${name}`;
  return `${which} is still in the kernel: it goes once ip works and the pool that replaces it is there without a conflict; see status, and reload then`;
}

function nameText(name: string | undefined): string {
  return name === undefined ? "the pool" : `pool ${name}`;
}
