import { existsSync } from "node:fs";

import { inFamily, managedFamilies } from "../config/families.ts";
import { beyondProbes, type Config } from "../config/model.ts";
import { targetsIn } from "../config/target-families.ts";
import type { Family } from "../net/address.ts";
import { findUnsupported, type SocketKind } from "../probe/socket/marked-socket.ts";
import * as abilities from "../routing/iproute2/abilities.ts";
import { IpError, type IpErrorCode } from "../routing/iproute2/error.ts";
import type { IpRelease } from "../routing/iproute2/release.ts";
import { ownFaultOfFileCapabilities } from "./own-privileges.ts";
import { checkMarkers } from "./markers.ts";
import { StartError, type StartErrorCode } from "./start-error.ts";

/**
 * Checks that this machine can do what the service needs, without changing anything.
 *
 * @returns the most words of a batch line for this `ip`
 * @throws {StartError} with the remedy
 */
export async function checkMachine(config: Config): Promise<number> {
  // Side by side, since each waits for an `ip` of its own.
  const ip = checkIp();
  const checks = [ip, checkPrivilege(config.pools[0].table), checkPolicyRouting(), orStartError(checkMarkers(config))];
  await inOrder(checks);
  checkReload(config);
  return (await ip).mostWords;
}

/** Waits until all checks have ended. @throws what the first of them did, whichever ended first */
async function inOrder(checks: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(checks)) if (result.status === "rejected") throw result.reason;
}

/**
 * Checks what another configuration needs besides, in a service that runs already.
 *
 * @throws {StartError} with the remedy
 */
export function checkReload(config: Config): void {
  if (config.pools.some((pool) => (inFamily(pool, 4)?.gateways.length ?? 0) > 1)) checkMultipath();
  checkMarkedSockets(config);
}

/**
 * @returns the release of iproute2, which has everything that is needed
 * @throws {StartError} without such an `ip`
 */
export function checkIp(): Promise<IpRelease> {
  return orStartError(abilities.findIp());
}

/** @throws {StartError} without the privilege to change routes */
export async function checkPrivilege(table: number): Promise<void> {
  try {
    await orStartError(abilities.checkPrivilege(table));
  } catch (error) {
    const fault = error instanceof StartError && error.code === "no-privilege" && ownFaultOfFileCapabilities();
    throw fault ? new StartError("no-privilege", fault.detail, fault.remedy) : error;
  }
}

/** @throws {StartError} without routing rules in the kernel */
export function checkPolicyRouting(): Promise<void> {
  return orStartError(abilities.checkRules());
}

/** What keeps the service from starting; all other errors mean that there is no usable `ip`. */
const START_ERRORS: Readonly<Partial<Record<IpErrorCode, StartErrorCode>>> = {
  "not-permitted": "no-privilege",
  "no-rules": "no-policy-routing",
};

async function orStartError<T>(check: Promise<T>): Promise<T> {
  try {
    return await check;
  } catch (error) {
    if (!(error instanceof IpError)) throw error;
    const { code, detail, remedy = "check that ip -V works" } = error;
    throw new StartError(START_ERRORS[code] ?? "no-ip", detail, remedy);
  }
}

const SYSCTL = "/proc/sys/net/ipv4";

/**
 * These settings exist since Linux 4.7 and 4.12, and only in kernels with multipath routes (net/ipv4/sysctl_net_ipv4.c).
 *
 * @throws {StartError} without multipath routes in the kernel
 */
export function checkMultipath(): void {
  if (!existsSync(SYSCTL)) return; // nothing is known
  if (["fib_multipath_use_neigh", "fib_multipath_hash_policy"].some((name) => existsSync(`${SYSCTL}/${name}`))) return;
  throw new StartError(
    "no-multipath",
    "this kernel has no multipath routes (CONFIG_IP_ROUTE_MULTIPATH)",
    "use a kernel that has them, or a range of one gateway",
  );
}

const SOCKETS = { icmp: "icmp", tcp: "tcp", dns: "udp", url: "tcp" } as const;

/** @throws {StartError} where packets cannot go through one gateway, as probes beyond it and the exit check need it */
export function checkMarkedSockets(config: Config): void {
  const hasFile = config.service.config !== undefined;
  for (const family of managedFamilies(config)) {
    const targets = beyondProbes(config).flatMap((probe) => [...targetsIn(probe, family).values()]);
    const kinds = targets.map(({ kind }) => SOCKETS[kind]);
    checkSockets(kinds, family, hasFile ? "probes beyond the gateways" : "-through");
    checkSockets(config.exitCheck.urls.length > 0 ? ["tcp"] : [], family, hasFile ? "[exit-check]" : "-exit-check");
  }
}

/** @param user what needs sockets of these kinds, as people give it */
function checkSockets(kinds: readonly SocketKind[], family: Family, user: string): void {
  const unsupported = kinds.length === 0 ? undefined : findUnsupported(new Set(kinds), family);
  if (unsupported) throw new StartError("no-probes", `${user}: ${unsupported.detail}`, unsupported.remedy);
}
