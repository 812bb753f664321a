import { existsSync } from "node:fs";

import type { PoolConfig } from "../config/parse.ts";
import { runIp } from "../routing/iproute2/run.ts";
import { PROTOCOL } from "../routing/types.ts";
import { type IpRelease, readIpRelease } from "../routing/iproute2/release.ts";
import { StartError } from "./start-error.ts";

const PACKAGES = "Debian and Alpine: package iproute2; OpenWrt: ip-full";

/**
 * Checks that this machine can do what the service needs, without changing anything.
 *
 * @returns how many words a batch line of this `ip` may have
 * @throws {StartError} with the remedy
 */
export async function checkMachine(pools: readonly [PoolConfig, ...PoolConfig[]]): Promise<number> {
  const { mostWords } = await checkIp();
  await checkPrivilege(pools[0].firstRoutingTableId);
  await checkPolicyRouting();
  if (pools.some(({ gateways }) => gateways.length > 1)) checkMultipath();
  return mostWords;
}

/** @returns the release of iproute2, which has everything needed */
export async function checkIp(): Promise<IpRelease> {
  const output = await runIp(["-V"]).catch((error: Error) => {
    const { code } = (error.cause ?? {}) as { code?: string };
    if (code === "ENOENT") throw new StartError("no-ip", "the ip command is missing", `install iproute2 (${PACKAGES})`);
    throw new StartError("no-ip", `the ip command does not work: ${error.message}`, `reinstall iproute2 (${PACKAGES})`);
  });
  const release = readIpRelease(output.stdout);
  if (release?.usable) return release;
  if (release)
    throw new StartError("no-ip", `iproute2 ${release.name} is too old`, `install 5.3 or newer (${PACKAGES})`);
  const which = /busybox/i.test(output.stdout + output.stderr) ? "is BusyBox's" : "is not iproute2's";
  throw new StartError(
    "no-ip",
    `the ip command ${which}, which has no batches and no multipath routes`,
    `install iproute2 (${PACKAGES})`,
  );
}

/**
 * Asks the kernel to delete a route that cannot exist: it checks the privilege before it looks (rtnetlink.c), so the
 * answer tells without a trace whether changes are allowed.
 */
export async function checkPrivilege(table: number): Promise<void> {
  const route = ["unreachable", "255.255.255.255/32", "table", String(table), "metric", "4294967294"];
  const { stderr } = await runIp(["-4", "route", "del", ...route, "proto", String(PROTOCOL)]);
  if (!/not permitted|permission denied/i.test(stderr)) return;
  throw new StartError(
    "no-privilege",
    "no privilege to change routes",
    "run as root or give CAP_NET_ADMIN (docker run --cap-add=NET_ADMIN, systemd AmbientCapabilities=CAP_NET_ADMIN)",
  );
}

/** @throws {StartError} without routing rules */
export async function checkPolicyRouting(): Promise<void> {
  const { failed, stderr } = await runIp(["-4", "rule", "show"]);
  if (failed) {
    throw new StartError(
      "no-policy-routing",
      `this kernel has no routing rules (CONFIG_IP_MULTIPLE_TABLES): ${stderr.trim()}`,
      "use another kernel",
    );
  }
}

const SYSCTL = "/proc/sys/net/ipv4";

/** These settings exist since Linux 4.7 and 4.12, and only in kernels with multipath routes (net/ipv4/sysctl_net_ipv4.c). */
export function checkMultipath(): void {
  if (!existsSync(SYSCTL)) return; // cannot tell
  if (["fib_multipath_use_neigh", "fib_multipath_hash_policy"].some((name) => existsSync(`${SYSCTL}/${name}`))) return;
  throw new StartError(
    "no-multipath",
    "this kernel has no multipath routes (CONFIG_IP_ROUTE_MULTIPATH)",
    "use a kernel that has them, or a range of one gateway",
  );
}
