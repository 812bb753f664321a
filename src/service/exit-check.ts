import { addressesOf, type Config, placedGateways, probeTablesOf } from "../config/model.ts";
import { createAskExit } from "../exit/ask.ts";
import { ExitCheck, type ExitCheckOptions } from "../exit/exit-check.ts";
import type { ExitQuestions } from "../exit/own-exit.ts";
import { type Address, formatAddress } from "../net/address.ts";
import { hostAddresses } from "../probe/through/host-addresses.ts";
import type { Kernel } from "../routing/kernel.ts";
import { bypassPath, isProbeTable, pathsThrough } from "../routing/probe-tables.ts";
import { MAIN_TABLE } from "../routing/tables.ts";

interface Options extends Pick<ExitCheckOptions, "emit" | "onVerdict"> {
  readonly config: Config;
  readonly kernel: Pick<Kernel, "routeOf">;
}

/** What asks for the exits of the gateways, again and again; undefined without -exit-check. */
export function createExitCheck({ config, kernel, ...callbacks }: Options): ExitCheck | undefined {
  const questions = exitQuestions(config, kernel);
  return questions && new ExitCheck({ ...callbacks, ...questions, period: config.exitCheck.period });
}

/** How the exits of the gateways are asked for; undefined without -exit-check. */
export function exitQuestions(config: Config, kernel: Options["kernel"]): ExitQuestions | undefined {
  const { urls, timeout } = config.exitCheck;
  const gateways = addressesOf(config);
  const tables = probeTablesOf(config);
  if (urls.length === 0 || tables === undefined) return undefined;
  const hosts = urls.map((url) => hostAddresses(new URL(url).hostname));

  const isRight = async (address: Address, mark: number, gateway: string | undefined): Promise<boolean> => {
    const route = await kernel.routeOf(formatAddress(address), mark).catch(() => undefined);
    if (route === undefined) return false;
    if (gateway !== undefined) return isProbeTable(route.table, tables) && route.gateway === gateway;
    return route.table === MAIN_TABLE && !gateways.includes(route.gateway ?? "");
  };
  const isRouted: ExitQuestions["isRouted"] = async ({ mark }, gateway) => {
    const signal = AbortSignal.timeout(timeout);
    const known = await Promise.all(hosts.map((serviceAddresses) => serviceAddresses(signal).catch(() => [])));
    // Where a service has no address, a question to it fails as well.
    const right = await Promise.all(known.flatMap(([address]) => (address ? isRight(address, mark, gateway) : [])));
    return right.every(Boolean);
  };

  return {
    ...{ paths: pathsThrough(tables, placedGateways(config)), bypass: bypassPath(tables), isRouted },
    ask: createAskExit({ urls, timeout, allowPrivate: config.publicIp.publicIpAllowPrivate }),
  };
}
