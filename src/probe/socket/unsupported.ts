/** Why this process cannot probe through gateways at all, which is no fault of a gateway. */
export interface Unsupported {
  readonly code:
    | "no-ffi" // bun:ffi needs the compiler of the JavaScript engine
    | "no-libc" // the C library was not found, or lacks a function
    | "no-capability" // packets may not be marked
    | "no-ping-socket" // echo requests may not be sent
    | "no-ipv6"; // the kernel has no IPv6
  /** What cannot be done and why. */
  readonly detail: string;
  readonly remedy: string;
}

/** Thrown where a socket cannot be made for a reason that a repetition does not change. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  readonly unsupported: Unsupported;

  constructor(unsupported: Unsupported) {
    super(unsupported.detail);
    this.unsupported = unsupported;
  }
}

/** Why bun:ffi cannot load the C library, by its own error: the two codes mean that a file or a function is missing. */
export function whyNotLoaded(error: unknown, names: readonly string[]): Unsupported {
  const { code, message } = error as { code?: unknown; message?: string };
  if (code !== "ERR_DLOPEN_FAILED" && code !== "ERR_INVALID_ARG_TYPE") {
    return {
      code: "no-ffi",
      detail: `cannot call the C library: ${message}`,
      remedy: "let the service make memory executable (systemd: MemoryDenyWriteExecute=no)",
    };
  }
  return {
    code: "no-libc",
    detail: `cannot load the C library: ${message} (tried ${names.join(", ")})`,
    remedy: "use the executable that was built for the C library of this machine (glibc or musl)",
  };
}

export const NO_CAPABILITY: Unsupported = {
  code: "no-capability",
  detail: "cannot mark packets: the capability CAP_NET_ADMIN is missing (setsockopt SO_MARK: EPERM)",
  remedy:
    "run the service as root, or give it CAP_NET_ADMIN (systemd: AmbientCapabilities, Docker: cap_add: NET_ADMIN)",
};

export const NO_PING_SOCKET: Unsupported = {
  code: "no-ping-socket",
  detail: "cannot send echo requests: net.ipv4.ping_group_range leaves out the group of the service (socket: EACCES)",
  remedy: 'sysctl -w net.ipv4.ping_group_range="0 2147483647"',
};

export const NO_IPV6: Unsupported = {
  code: "no-ipv6",
  detail: "cannot send packets of IPv6: this kernel has none (socket: EAFNOSUPPORT)",
  remedy: "start the kernel without ipv6.disable=1, or use a kernel with IPv6",
};
