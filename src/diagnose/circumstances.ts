import type { GivenGateways } from "../config/members.ts";

/** What the configuration does not say. */
export interface Circumstances {
  /** The address from which the user is logged in by SSH, if so. */
  readonly client: string | undefined;
  /** The address of this machine that the session uses. */
  readonly server?: string | undefined;
  /** How the flags give the gateways; by a range where it is undefined. */
  readonly given?: GivenGateways | undefined;
}
