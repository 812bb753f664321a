/** Why a gateway that answers is down all the same: its packets do not take its tunnel. */
export interface LeakFault {
  readonly code: "leak";
  readonly detail: string;
}

/** The fault of a gateway whose packets come out at this address, which is that of this router. */
export function leakFault(address: string): LeakFault {
  return { code: "leak", detail: `leaking: its exit address ${address} is that of this router itself` };
}

/** What the owner of such a gateway should do. */
export const LEAK_REMEDY = "check the firewall and the routes of the gateway: without its VPN it must forward nothing";

/**
 * What is known of a gateway's exit.
 *
 * - `unchecked`: it is not asked for
 * - `pending`: it has to be asked for before the gateway can come up
 * - `sound`: the last question has shown no leak, or nothing
 */
export type ExitState = "unchecked" | "pending" | "sound" | LeakFault;
