import type { Member } from "../config/model.ts";
import type { TierReport } from "../pool/events.ts";
import type { Clock } from "../time/clock.ts";
import { isUsable, type Usability } from "./pool-view.ts";
import type { Gateway, Tiers } from "./schema.ts";
import { rounded } from "./timestamp.ts";

/** Which tiers of a pool carry its traffic, updated by its events. */
export class TiersModel {
  readonly #tierOf: ReadonlyMap<string, number>;
  readonly #clock: Clock;
  #last: number | undefined;
  #joins = false;
  #failback: { readonly tier: number; readonly at: number } | undefined;

  /** @param former that of an earlier configuration: what was reported last remains */
  constructor(members: readonly Member[], clock: Clock, former?: TiersModel) {
    this.#tierOf = new Map(members.map(({ gateway, tier }) => [gateway, tier]));
    this.#clock = clock;
    if (former === undefined) return;
    this.#last = former.#last;
    this.#joins = former.#joins;
    this.#failback = former.#failback;
  }

  /** From now on this tier is in use, with `join` together with those before it. */
  use(tier: number, shortage: TierReport["shortage"]): void {
    this.#last = tier;
    this.#joins = shortage === "join";
    this.#failback = undefined;
  }

  /** Traffic returns to a better tier after so many milliseconds, or no return is due any more. */
  expect(to: { readonly tier: number; readonly waitMs: number } | undefined): void {
    this.#failback = to && { tier: to.tier, at: this.#clock.steady() + to.waitMs };
  }

  /** What the status says of a gateway. */
  viewOf(gateway: Usability): Pick<Gateway, "tier" | "standby"> {
    const tier = this.#tierOf.get(gateway.address)!;
    return { tier, standby: this.#last !== undefined && isUsable(gateway) && !this.#isIn(tier) };
  }

  view(gateways: readonly Usability[]): Tiers {
    const tiers = [...new Set(this.#tierOf.values())].sort((a, b) => a - b);
    const membersOf = (tier: number) => gateways.filter(({ address }) => this.#tierOf.get(address) === tier);
    const all = tiers.map((tier) => ({
      tier,
      usable: membersOf(tier).filter(isUsable).length,
      total: membersOf(tier).length,
    }));
    const inUse = all.filter(({ tier, usable }) => this.#isIn(tier) && (usable > 0 || tier === this.#last));
    const failback = this.#failback && {
      tier: this.#failback.tier,
      remainingSeconds: rounded(Math.max(0, this.#failback.at - this.#clock.steady()) / 1000, 3),
    };
    return { inUse: inUse.map(({ tier }) => tier), failback: failback ?? null, all };
  }

  #isIn(tier: number): boolean {
    return tier === this.#last || (this.#joins && this.#last !== undefined && tier < this.#last);
  }
}
