import { type PoolConfig, probeTablesOf } from "../config/parse.ts";
import { createAskExit } from "../exit/ask.ts";
import { ExitCheck, type ExitCheckOptions } from "../exit/exit-check.ts";
import { formatAddress } from "../net/address.ts";
import { hostAddresses } from "../probe/through/host-addresses.ts";
import type { Kernel } from "../routing/kernel.ts";
import { bypassPath, isProbeTable, pathsThrough } from "../routing/probe-routes.ts";
import { MAIN_TABLE } from "../routing/tables.ts";

interface Options extends Pick<ExitCheckOptions, "emit" | "onVerdict"> {
  readonly pool: PoolConfig;
  readonly kernel: Pick<Kernel, "routeOf">;
}

/** What asks for the exits of a pool; undefined without -exit-check. */
export function createExitCheck({ pool, kernel, ...callbacks }: Options): ExitCheck | undefined {
  const { gateways, exitCheck: urls, exitCheckPeriod: period, throughTimeout: timeout } = pool;
  const tables = probeTablesOf(pool);
  if (urls.length === 0 || tables === undefined) return undefined;
  const addressesOf = hostAddresses(new URL(urls[0]!).hostname);

  const leadsRight: ExitCheckOptions["leadsRight"] = async ({ mark }, gateway) => {
    const [address] = await addressesOf(AbortSignal.timeout(timeout)).catch(() => []);
    if (address === undefined) return true; // the question fails as well
    const route = await kernel.routeOf(formatAddress(address), mark).catch(() => undefined);
    if (route === undefined) return false;
    if (gateway !== undefined) return isProbeTable(route.table, tables) && route.gateway === gateway;
    return route.table === MAIN_TABLE && !gateways.includes(route.gateway ?? "");
  };

  return new ExitCheck({
    ...callbacks,
    ...{ paths: pathsThrough(tables, gateways), bypass: bypassPath(tables), leadsRight, period },
    ask: createAskExit({ urls, timeout, allowPrivate: pool.publicIpAllowPrivate }),
  });
}
