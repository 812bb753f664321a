import type { AddressState } from "../ddns/events.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import { failureText } from "../text/failure.ts";
import type { Clock } from "../time/clock.ts";
import type { GatewayModel } from "./gateway.ts";
import type { Member } from "./schema.ts";
import { rounded } from "./timestamp.ts";

/** What the status says of a gateway in one pool, besides its place there. */
export type Use = Pick<Member, "leftOut" | "held" | "kept" | "carriesTraffic" | "share" | "publicAddress">;

/** That of a gateway that no pool has. */
export const UNUSED: Use = {
  leftOut: null,
  held: null,
  kept: false,
  carriesTraffic: false,
  share: 0,
  publicAddress: null,
};

/** What one pool makes of a gateway, whose health all pools share. It never grows. */
export class MemberModel {
  readonly #gateway: GatewayModel;
  readonly #clock: Clock;
  #leftOut: string | null = null;
  #losses = 0;
  #heldUntil = -Infinity;
  #kept = false;
  #addressState: AddressState = "inactive";
  #addressFailure: string | null = null;

  constructor(gateway: GatewayModel, clock: Clock) {
    this.#gateway = gateway;
    this.#clock = clock;
  }

  /** Whether it is one of this gateway, and not of one with the same address that there was before. */
  isOf(gateway: GatewayModel): boolean {
    return gateway === this.#gateway;
  }

  /** Why it cannot be a nexthop now; null when it can. */
  leaveOut(why: string | null): void {
    this.#leftOut = why;
  }

  /** It flaps and is not used for so many milliseconds; 0 ends the hold. */
  hold(milliseconds: number, losses: number): void {
    this.#heldUntil = this.#clock.steady() + milliseconds;
    this.#losses = losses;
  }

  /** Whether it is used without being healthy (-min-healthy). */
  keep(kept: boolean): void {
    this.#kept = kept;
  }

  setAddressState(state: AddressState): void {
    this.#addressState = state;
    if (state === "inactive") this.#addressFailure = null;
  }

  lookedUp(result: LookUpResult): void {
    this.#addressFailure = result.kind === "success" ? null : failureText(result);
  }

  /**
   * @param share the part of the flows that it carries, 0 to 1; undefined when it is no nexthop
   * @param hasDdns whether the public address is used
   */
  view(share: number | undefined, hasDdns: boolean): Use {
    const hold = this.#heldUntil - this.#clock.steady();
    const state = this.#addressState;
    const address = state === "known" || state === "kept" ? this.#gateway.publicAddress : null;
    // Look-ups for another pool say nothing of one that does not publish the gateway.
    const why = state === "inactive" ? null : this.#addressFailure;
    return {
      leftOut: this.#leftOut,
      held: hold > 0 ? { losses: this.#losses, remainingSeconds: rounded(hold / 1000, 3) } : null,
      kept: this.#kept,
      carriesTraffic: share !== undefined,
      share: share ?? 0,
      publicAddress: hasDdns ? { address, state, why } : null,
    };
  }
}
