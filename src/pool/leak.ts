/** Why a gateway that answers is down all the same: its packets do not take its tunnel. */
export interface LeakFault {
  readonly code: "leak";
  readonly detail: string;
}

/**
 * What is known of a gateway's exit.
 *
 * - `unchecked`: it is not asked for
 * - `pending`: it has to be asked for before the gateway can come up
 * - `sound`: the last question has shown no leak, or nothing
 */
export type ExitState = "unchecked" | "pending" | "sound" | LeakFault;
