import { PROTOCOL } from "../types.ts";
import { busyBox, readComplaint } from "./complaint.ts";
import { IpError } from "./error.ts";
import { type IpRelease, readIpRelease } from "./release.ts";
import { readVersion, runIp } from "./run.ts";

/**
 * Reads the release of `ip`, which has everything that is needed.
 *
 * @throws {IpError} when there is no such `ip`
 */
export async function findIp(): Promise<IpRelease> {
  const { stdout, stderr } = await readVersion();
  const release = readIpRelease(stdout);
  if (release?.usable) return release;
  if (release)
    throw new IpError(
      "too-old",
      `iproute2 ${release.name} is too old: before 5.4 it cannot list multipath routes as JSON`,
    );
  if (readComplaint(stdout + stderr).code === "busybox") throw busyBox();
  throw new IpError("not-iproute2", "ip is not iproute2's");
}

/**
 * Checks that routes may be changed. The kernel is asked to delete a route that cannot exist: it checks the privilege
 * before it looks for the route (rtnetlink_rcv_msg in net/core/rtnetlink.c), so its answer changes nothing.
 *
 * @throws {IpError} without the privilege
 */
export async function checkPrivilege(table: number): Promise<void> {
  const route = ["unreachable", "255.255.255.255/32", "table", String(table), "metric", "4294967294"];
  const { stderr } = await runIp(["route", "del", ...route, "proto", String(PROTOCOL)]);
  if (readComplaint(stderr).code !== "not-permitted") return;
  throw new IpError("not-permitted", "no privilege to change routes");
}

/**
 * Checks that IPv6 can be routed: by rules, and by nexthop objects, which came with Linux 5.3 and which some builds of `ip`
 * leave out. To reject it, rules are enough.
 *
 * @throws {IpError} where not
 */
export async function checkIpv6(routes: boolean): Promise<void> {
  if (routes) await checkNexthopObjects();
  const rules = await runIp(["rule", "show"], "", 6);
  if (!rules.failed) return;
  const { reason } = readComplaint(rules.stderr);
  throw new IpError("no-rules", `this kernel has no routing rules of IPv6 (CONFIG_IPV6_MULTIPLE_TABLES): ${reason}`);
}

async function checkNexthopObjects(): Promise<void> {
  const objects = await runIp(["nexthop", "show", "proto", String(PROTOCOL)], "", "both");
  if (objects.failed) {
    const { line, reason } = readComplaint(objects.stderr);
    const isOfIp = line.startsWith('Object "nexthop" is unknown');
    throw new IpError("no-nexthops", `this ${isOfIp ? "ip" : "kernel"} has no nexthop objects: ${reason}`);
  }
}

/**
 * Checks that the kernel has routing rules.
 *
 * @throws {IpError} without
 */
export async function checkRules(): Promise<void> {
  const { failed, stderr } = await runIp(["rule", "show"]);
  if (!failed) return;
  const { reason } = readComplaint(stderr);
  throw new IpError("no-rules", `this kernel has no routing rules (CONFIG_IP_MULTIPLE_TABLES): ${reason}`);
}
