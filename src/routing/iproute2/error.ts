import { failureText } from "../../text/failure.ts";

/** Why `ip` did not do what it was run for. */
export type IpErrorCode =
  | "missing" // there is no such command
  | "not-executable" // the file of that name is no program for this machine
  | "exhausted" // this machine has no file descriptor, process or memory left for it
  | "killed" // a signal ended it
  | "timed-out" // it did not exit in time
  | "too-much-output" // it printed more than it ever should
  | "busybox" // it is BusyBox's
  | "not-iproute2" // it is another program's
  | "too-old" // its release lacks something that is needed
  | "unreadable" // it printed something that iproute2 never prints
  | "not-permitted" // it may not change routes
  | "no-rules" // the kernel has no routing rules
  | "no-nexthops" // it, or the kernel, has no nexthop objects
  | "failed"; // it reported another error

const PACKAGES = "Debian and Alpine: package iproute2; OpenWrt: ip-full";
const INSTALL = `install iproute2 (${PACKAGES})`;
const REINSTALL = `reinstall iproute2 (${PACKAGES})`;

/** What to do about it, where that is known. */
const REMEDIES: Readonly<Record<IpErrorCode, string | undefined>> = {
  missing: INSTALL,
  "not-executable": REINSTALL,
  exhausted: "raise the limits of the service or of this machine (LimitNOFILE, TasksMax, ulimit)",
  killed: undefined,
  "timed-out": undefined,
  "too-much-output": REINSTALL,
  busybox: INSTALL,
  "not-iproute2": INSTALL,
  "too-old": `install iproute2 5.4 or newer (${PACKAGES})`,
  unreadable: REINSTALL,
  "not-permitted":
    "run as root or give CAP_NET_ADMIN (docker run --cap-add=NET_ADMIN without --user, systemd AmbientCapabilities=CAP_NET_ADMIN; never by setcap)",
  "no-rules": "use a kernel that has them",
  "no-nexthops": `use Linux 5.3 or newer with all of iproute2 (${PACKAGES})`,
  failed: undefined,
};

/** `ip` did not do what it was run for. The message is the detail with the remedy, where there is one. */
export class IpError extends Error {
  readonly code: IpErrorCode;
  /** What is wrong: the same text whatever was run, so that an error that lasts is logged once. */
  readonly detail: string;
  readonly remedy: string | undefined;

  constructor(code: IpErrorCode, detail: string, cause?: unknown) {
    const remedy = REMEDIES[code];
    super(failureText({ detail, remedy }), { cause });
    this.code = code;
    this.detail = detail;
    this.remedy = remedy;
  }
}
