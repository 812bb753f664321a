import type { ServiceEvent } from "../../../src/events/events.ts";
import { Reconciler } from "../../../src/routing/reconciler.ts";
import { parseCidr } from "../../../src/net/cidr.ts";
import type { WhenNoGateways } from "../../../src/routing/kill-switch.ts";
import { layoutOf } from "../../../src/routing/slots.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

export const GATEWAYS = ["10.0.0.11", "10.0.0.12", "10.0.0.13"];

type EventType = ServiceEvent["type"];

/** A reconciler on a fake kernel, with everything it told. */
export function setUp(kernel = new FakeKernel(180), whenNoGateways: WhenNoGateways = "fall-through") {
  const events: ServiceEvent[] = [];
  const waiting: { type: EventType; resolve: (event: ServiceEvent) => void }[] = [];
  const reconciler = new Reconciler({
    kernel,
    layout: layoutOf(GATEWAYS),
    destinations: { managed: [parseCidr("0.0.0.0/0")!], excluded: [], reserved: [], gateways: [] },
    place: { table: 180, preference: 10888 },
    whenNoGateways,
    emit(event) {
      events.push(event);
      for (const waiter of waiting.filter(({ type }) => type === event.type)) {
        waiting.splice(waiting.indexOf(waiter), 1);
        waiter.resolve(event);
      }
    },
  });
  return {
    kernel,
    reconciler,
    events,
    next: <T extends EventType>(type: T) =>
      new Promise<Extract<ServiceEvent, { type: T }>>((resolve) => {
        waiting.push({ type, resolve: resolve as (event: ServiceEvent) => void });
      }),
    count: (type: EventType) => events.filter((event) => event.type === type).length,
  };
}

export type Setup = ReturnType<typeof setUp>;

/** Serves these gateways and waits until the kernel has settled. */
export async function serve({ reconciler, next }: Setup, ...gateways: string[]): Promise<void> {
  const settled = next("settled");
  reconciler.serve(new Set(gateways));
  await settled;
}

/** Looks at the kernel and waits until it has settled. */
export async function look({ reconciler, next }: Setup): Promise<void> {
  const settled = next("settled");
  reconciler.look();
  await settled;
}
