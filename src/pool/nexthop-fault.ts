/**
 * Why a gateway cannot be a nexthop now.
 *
 * - `own-address`: it is an address of this machine
 * - `not-unicast`: no host can have this address (broadcast, multicast, ...)
 * - `not-connected`: packets to it go through another router
 * - `no-route`: this machine has no route to it
 * - `no-interface`: the interface that its link-local address names does not exist, or has no such address itself
 * - `blocked`: a route or rule of this machine rejects packets to it
 * - `no-carrier`: the interface that leads to it has lost its carrier
 * - `rejected`: the kernel rejects it for a reason that only the kernel knows
 */
export type NexthopFaultCode =
  "own-address" | "not-unicast" | "not-connected" | "no-route" | "no-interface" | "blocked" | "no-carrier" | "rejected";

export interface NexthopFault {
  readonly code: NexthopFaultCode;
  /** The same as a clause for people. */
  readonly detail: string;
}

/** A gateway that cannot be a nexthop, and why. */
export interface UnusableNexthop {
  readonly gateway: string;
  readonly fault: NexthopFault;
}
