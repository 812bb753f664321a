import { configInFamily, handledFamilies, managedFamilies } from "../config/families.ts";
import { beyondProbes, type Config } from "../config/model.ts";
import type { Family } from "../net/address.ts";
import { IpError } from "../routing/iproute2/error.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import {
  checkIp,
  checkMarkedSockets,
  checkMultipath,
  checkPolicyRouting,
  checkPrivilege,
} from "../service/preflight.ts";
import { checkMarkers } from "../service/markers.ts";
import { withoutMissingIpv6 } from "../service/ipv6-ability.ts";
import { StartError } from "../service/start-error.ts";
import { failure, fine, type Finding } from "./finding.ts";

export interface StartChecks {
  readonly findings: readonly Finding[];
  /** Undefined without a usable `ip`, so that nothing more can be read. */
  readonly release: IpRelease | undefined;
  /** The configuration as this machine can serve it. */
  readonly config: Config;
  /** Its families, as far as this machine can route or reject them. */
  readonly families: readonly Family[];
  /** Whether probes beyond the gateways can be made. */
  readonly canProbe: boolean;
}

/** Makes the checks of a start of the service, and goes on after one that fails. */
export async function runStartChecks(config: Config): Promise<StartChecks> {
  const { pools, exitCheck } = config;
  const inIpv4 = configInFamily(config, 4);
  const ip = await attempt("ip", checkIp, ({ name }) => `iproute2 ${name}`);
  const routing = ip.value && [
    await attempt(
      "privilege",
      () => checkPrivilege(pools[0].table),
      () => "routes may be changed",
    ),
    await attempt("kernel rules", checkPolicyRouting, () => "the kernel has routing rules"),
  ];
  const ipv6 = ip.value && configInFamily(config, 6) && (await checkIpv6(config));
  const markers =
    ip.value && config.pools.some(({ markerRoute }) => markerRoute.length > 0)
      ? [
          await attempt(
            "markers",
            () => checkMarkers(config),
            () => "the places of markers in the main table are free",
          ),
        ]
      : [];
  const multipath =
    (inIpv4?.gateways.length ?? 0) > 1
      ? [await attempt("kernel multipath", checkMultipath, () => "the kernel has multipath routes")]
      : [];
  const marking =
    beyondProbes(config).length > 0 || exitCheck.urls.length > 0
      ? [
          await attempt(
            "probes",
            () => checkMarkedSockets(config),
            () => "packets can have the marks of probes",
          ),
        ]
      : [];
  const done = [ip, ...(routing ?? []), ...(ipv6 ? [ipv6] : []), ...multipath, ...marking, ...markers];
  const served = ipv6?.value?.config ?? config;
  const families = handledFamilies(served).filter((family) => family === 4 || ipv6?.value !== undefined);
  return {
    findings: done.map(({ finding }) => finding),
    release: ip.value,
    config: served,
    families,
    canProbe: isSound([...(routing ?? []), ...marking]),
  };
}

/** Whether IPv6 can be routed, or rejected where that is all; an error as well where the service goes on without it. */
async function checkIpv6(config: Config) {
  const done = await attempt(
    "ipv6 routing",
    () => withoutMissingIpv6(config),
    (): string => {
      const routes = managedFamilies(config).includes(6);
      return routes ? "the kernel and ip have rules and nexthop objects of IPv6" : "the kernel has rules of IPv6";
    },
  );
  const warning = done.value?.warning;
  return warning ? { ...done, finding: failure("ipv6 routing", warning.detail, warning.remedy) } : done;
}

function isSound(checks: readonly { readonly finding: Finding }[] = []): boolean {
  return checks.every(({ finding }) => finding.level === "ok");
}

async function attempt<T>(
  topic: string,
  check: () => T | Promise<T>,
  success: (value: T) => string,
): Promise<{ finding: Finding; value: T | undefined }> {
  try {
    const value = await check();
    return { finding: fine(topic, success(value)), value };
  } catch (error) {
    return { finding: findingOf(topic, error), value: undefined };
  }
}

/** The finding for an error that ended a check. */
export function findingOf(topic: string, error: unknown): Finding {
  if (error instanceof StartError || error instanceof IpError) {
    return failure(topic, error.detail, error.remedy ?? REPEAT);
  }
  return failure(topic, error instanceof Error ? error.message : String(error), REPEAT);
}

/** The remedy where nothing more is known. */
export const REPEAT = "correct this, then run check again";
