/** What the tests of IPv6 plan from and for: gateways fd00:77::a to fd00:77::f behind eth0. */
import { expect } from "bun:test";

import { type Cidr, parseCidr, parseHost } from "../../../src/net/cidr.ts";
import type { PoolState } from "../../../src/pool/select.ts";
import { decide, type RoutingSettings } from "../../../src/routing/decide.ts";
import { commandText } from "../../../src/routing/iproute2/batch.ts";
import { groupIdOf, MOST_SLOTS } from "../../../src/routing/nexthop-ids.ts";
import { type Plan, planChanges } from "../../../src/routing/plan.ts";
import { findRings, type Rings } from "../../../src/routing/rings.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import type { Desired } from "../../../src/routing/types.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { TABLE_REF } from "./plan.fixture.ts";

export const GATEWAYS = ["fd00:77::a", "fd00:77::b", "fd00:77::c"];
export const GROUP = groupIdOf(TABLE_REF.table);
export const FIRST = GROUP + 1;

export const cidrs6 = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text, [6])!);

export const settings6 = (changes: Partial<RoutingSettings> = {}, gateways = GATEWAYS): RoutingSettings => ({
  family: 6,
  layout: layoutOf(gateways, undefined, MOST_SLOTS),
  destinations: {
    managed: cidrs6("::/0"),
    excluded: [],
    reserved: [],
    gateways: gateways.map((one) => parseHost(one)!),
  },
  tableRef: TABLE_REF,
  whenNoGateways: "fall-through",
  quorum: { least: 0, policy: "keep" },
  ...changes,
});

export const kernel6 = (): FakeKernel => new FakeKernel(["fd00:77::1/64"]);

/** A service that decides and plans again and again on one kernel. */
export class Router {
  readonly kernel: FakeKernel;
  readonly #settings: RoutingSettings;
  #rings: Rings | undefined;
  #owned = new Set<string>();

  constructor(kernel: FakeKernel, settings = settings6()) {
    this.kernel = kernel;
    this.#settings = settings;
  }

  observe() {
    return this.kernel.observe(TABLE_REF.table, this.#settings.layout.gateways, undefined, 6);
  }

  /** Goes on with what an earlier run has left. */
  async adopt(): Promise<void> {
    const { routes } = await this.observe();
    this.#rings = findRings(this.#settings, routes);
  }

  async decide(healthy: readonly string[]): Promise<Desired> {
    const { gateways } = this.#settings.layout;
    const state: PoolState = { gateways, healthy: new Set(healthy), holds: new Map(), lost: [] };
    const decision = decide(this.#settings, state, await this.observe(), this.#rings);
    this.#rings = decision.rings;
    return decision.desired;
  }

  async planTo(desired: Desired): Promise<Plan> {
    return planChanges(await this.observe(), desired, TABLE_REF, this.#owned);
  }

  /** The steps of the next plan, carried out; as `ip` commands. */
  async route(healthy: readonly string[]): Promise<string[]> {
    return this.reach(await this.decide(healthy));
  }

  async reach(desired: Desired): Promise<string[]> {
    const { changes } = await this.planTo(desired);
    expect(await this.kernel.apply(changes)).toEqual({ ok: true });
    expect((await this.planTo(desired)).changes).toEqual([]);
    return changes.map(commandText);
  }

  /** The gateway of each slot of the group, in order, by their last letters. */
  slots(): string {
    return this.kernel.nexthops
      .hopsOf(GROUP)
      .map(({ gateway }) => gateway.at(-1))
      .join("");
  }
}
