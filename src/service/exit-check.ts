import { gatewaysInFamily, managedFamilies } from "../config/families.ts";
import { addressesOf, type Config, placedGateways, probeTablesOf } from "../config/model.ts";
import { canBeIn } from "../config/target-families.ts";
import { hostOfUrl } from "../config/target-text.ts";
import { createAskExit } from "../exit/ask.ts";
import { ExitCheck, type ExitCheckOptions } from "../exit/exit-check.ts";
import type { ExitQuestions } from "../exit/own-exit.ts";
import { type Address, type Family, formatAddress } from "../net/address.ts";
import { hostAddresses } from "../probe/through/host-addresses.ts";
import type { Kernel } from "../routing/kernel.ts";
import { bypassPath, isProbeTable, pathsThrough } from "../routing/probe-tables.ts";
import { MAIN_TABLE } from "../routing/tables.ts";

interface Options extends Pick<ExitCheckOptions, "emit" | "onVerdict"> {
  /** IPv4 by default: each family has exits of its own. */
  readonly family?: Family;
  readonly config: Config;
  readonly kernel: Pick<Kernel, "routeOf">;
}

/** What asks for the exits of the gateways in a family, again and again; undefined without -exit-check. */
export function createExitCheck({ config, kernel, family, ...callbacks }: Options): ExitCheck | undefined {
  const questions = exitQuestions(config, kernel, family);
  return questions && new ExitCheck({ ...callbacks, ...questions, family, period: config.exitCheck.period });
}

/**
 * How the exits of the gateways are asked for in a family; undefined without -exit-check, or where no pool routes the family,
 * or no service can have an address of it.
 */
export function exitQuestions(
  config: Config,
  kernel: Options["kernel"],
  family: Family = 4,
): ExitQuestions | undefined {
  const { timeout } = config.exitCheck;
  const urls = config.exitCheck.urls.filter((url) => canBeIn(hostOfUrl(url), family));
  const own = { gateways: gatewaysInFamily(config.gateways, family) };
  const gateways = addressesOf(own);
  const tables = probeTablesOf(config);
  if (urls.length === 0 || tables === undefined || !managedFamilies(config).includes(family)) return undefined;
  const hosts = urls.map((url) => hostAddresses(new URL(url).hostname));

  const isRight = async (address: Address, mark: number, gateway: string | undefined): Promise<boolean> => {
    const route = await kernel.routeOf(formatAddress(address), mark).catch(() => undefined);
    if (route === undefined) return false;
    if (gateway !== undefined) return isProbeTable(route.table, tables) && route.gateway === gateway;
    return route.table === MAIN_TABLE && !gateways.includes(route.gateway ?? "");
  };
  const isRouted: ExitQuestions["isRouted"] = async ({ mark }, gateway) => {
    const signal = AbortSignal.timeout(timeout);
    const known = await Promise.all(hosts.map((serviceAddresses) => serviceAddresses(signal, family).catch(() => [])));
    // Where a service has no address, a question to it fails as well.
    const right = await Promise.all(known.flatMap(([address]) => (address ? isRight(address, mark, gateway) : [])));
    return right.every(Boolean);
  };

  return {
    ...{ paths: pathsThrough(tables, placedGateways(own)), bypass: bypassPath(tables, family), isRouted },
    ask: createAskExit({ urls, timeout, allowPrivate: config.publicIp.publicIpAllowPrivate }),
  };
}
