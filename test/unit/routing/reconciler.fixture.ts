import { parseCidr } from "../../../src/net/cidr.ts";
import type { PoolEvent } from "../../../src/pool/events.ts";
import { Pool } from "../../../src/pool/pool.ts";
import type { PoolState } from "../../../src/pool/select.ts";
import type { RoutingEvent } from "../../../src/routing/events.ts";
import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import type { MarkerSettings } from "../../../src/routing/marker.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import type { ProbeTables } from "../../../src/routing/types.ts";
import { healthOf } from "../../fixtures/gateways.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { TABLE_REF } from "./plan.fixture.ts";

export const GATEWAYS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];

type Event = PoolEvent | RoutingEvent | { readonly type: "routed"; readonly gateways: readonly string[] };
type EventType = Event["type"];

/** A pool whose healthy gateways are set by hand. */
class FakePool extends Pool {
  #healthy: readonly string[] = [];
  #lost: readonly string[] = [];

  setHealthy(gateways: readonly string[]): void {
    this.#lost = this.#healthy.filter((gateway) => !gateways.includes(gateway));
    this.#healthy = gateways;
  }

  override state(): PoolState {
    return { gateways: GATEWAYS, healthy: new Set(this.#healthy), holds: new Map(), lost: this.#lost };
  }
}

/** A reconciler and its pool on a fake kernel, with everything that they reported. */
export function setUp(
  kernel = new FakeKernel(),
  whenNoGateways: WhenNoGateways = "fall-through",
  probes?: ProbeTables,
  takesOver = false,
  markers?: MarkerSettings,
) {
  const events: Event[] = [];
  const waiting: { type: EventType; resolve: (event: Event) => void }[] = [];
  const emit = (event: Event): void => {
    events.push(event);
    for (const waiter of waiting.filter(({ type }) => type === event.type)) {
      waiting.splice(waiting.indexOf(waiter), 1);
      waiter.resolve(event);
    }
  };
  const quorum = { least: 0, policy: "keep" } as const;
  const pool = new FakePool({
    gateways: GATEWAYS,
    ...healthOf(GATEWAYS),
    flapHold: 0,
    quorum,
    moment: 1000,
    emit,
    onChange: () => {},
    onAllLost: () => {},
  });
  const settings = {
    layout: layoutOf(GATEWAYS),
    destinations: { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] },
    tableRef: TABLE_REF,
    whenNoGateways,
    probes,
    quorum,
    markers,
  };
  const reconciler = new Reconciler({
    ...settings,
    ...{ kernel, pool, takesOver, emit },
    onRouted: (gateways) => emit({ type: "routed", gateways }),
  });
  return {
    ...{ kernel, pool, reconciler, events, settings },
    /** From now on exactly these gateways are healthy. */
    setHealthy(...gateways: readonly string[]): void {
      pool.setHealthy(gateways);
      reconciler.follow();
    },
    /** The next event of this type. */
    next: <T extends EventType>(type: T) =>
      new Promise<Extract<Event, { type: T }>>((resolve) => {
        waiting.push({ type, resolve: resolve as (event: Event) => void });
      }),
    count: (type: EventType) => events.filter((event) => event.type === type).length,
  };
}

export type Setup = ReturnType<typeof setUp>;

/** Makes exactly these gateways healthy and waits until the kernel has settled. */
export async function settleWith({ setHealthy, next }: Setup, ...gateways: string[]): Promise<void> {
  const settled = next("settled");
  setHealthy(...gateways);
  await settled;
}

/** The same set-up, settled with all gateways healthy. */
export async function setUpSettled(...given: Parameters<typeof setUp>): Promise<Setup> {
  const setup = setUp(...given);
  await settleWith(setup, ...GATEWAYS);
  return setup;
}

/** Has the kernel read again and waits until it has settled. */
export async function reread({ reconciler, next }: Setup): Promise<void> {
  const settled = next("settled");
  reconciler.look();
  await settled;
}

/** All entries of a kernel, in one order whatever theirs is. */
export const contents = ({ routes, rules }: FakeKernel): string[] =>
  [...routes, ...rules].map((entry) => JSON.stringify(entry)).sort();
