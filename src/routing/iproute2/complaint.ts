import { IpError } from "./error.ts";

/**
 * What the messages of `ip` mean, which end with those of the kernel: `nexthop` from net/ipv4/fib_semantics.c,
 * `not-permitted` from rtnetlink_rcv_msg in net/core/rtnetlink.c or from a security module.
 */
const PATTERNS = [
  ["busybox", /busybox/i],
  ["not-permitted", /not permitted|permission denied/i],
  ["nexthop", /nexthop|gateway/i],
] as const;

/** What `ip` reported on standard error. */
export interface Complaint {
  readonly code: (typeof PATTERNS)[number][0] | "other";
  /** The first line that is not empty. */
  readonly line: string;
  /** The same without what `ip` puts before an answer of the kernel. */
  readonly reason: string;
}

/** Reads the standard error of an `ip` that failed. */
export function readComplaint(stderr: string): Complaint {
  const line =
    stderr
      .split("\n")
      .find((one) => one.trim() !== "")
      ?.trim() ?? "no message";
  const code = PATTERNS.find(([, pattern]) => pattern.test(stderr))?.[0] ?? "other";
  return { code, line, reason: line.replace(/^RTNETLINK answers: /, "") };
}

/** The numbers of the lines of a batch that failed, from 1 on. */
export function failedLinesOf(stderr: string): number[] {
  return [...stderr.matchAll(/^Command failed -:(\d+)$/gm)].map((match) => Number(match[1]));
}

/**
 * The kernel's errors for a packet that a route or rule rejects: EACCES by `prohibit`, EHOSTUNREACH by an `unreachable`
 * route, EINVAL by `blackhole` (fib_props in net/ipv4/fib_semantics.c), in the words of glibc and of musl. An `unreachable`
 * rule has the error of a missing route.
 */
const REJECTED = "Permission denied|No route to host|Host is unreachable|Invalid argument";

/** The numbers of the lines of a batch with look-ups that failed since a route or rule rejects such packets. */
export function rejectedLinesOf(stderr: string): number[] {
  const pattern = new RegExp(`^RTNETLINK answers: (?:${REJECTED})\\nCommand failed -:(\\d+)$`, "gm");
  return [...stderr.matchAll(pattern)].map((match) => Number(match[1]));
}

/**
 * What an `ip` of iproute2 reported.
 *
 * @throws {IpError} when it is BusyBox's by now, whose messages say nothing about the kernel
 */
export function complaintOf(stderr: string): Complaint {
  const complaint = readComplaint(stderr);
  if (complaint.code === "busybox") throw busyBox();
  return complaint;
}

export function busyBox(): IpError {
  return new IpError("busybox", "ip is BusyBox's, which has no batches and no multipath routes");
}
