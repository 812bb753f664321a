import { coveredByConnected, type Destinations, desiredState, NOTHING } from "../routing/desired.ts";
import type { Kernel } from "../routing/kernel.ts";
import { planChanges } from "../routing/plan.ts";
import { fromNextHops, type Layout, type Owners, placeCells, toNextHops } from "../routing/slots.ts";
import { type Desired, type Observed, type Place, PROTOCOL } from "../routing/types.ts";
import type { Emit } from "./events.ts";
import { steadyNow } from "./schedule.ts";
import { createWatchfulness, type Watchfulness } from "./watchfulness.ts";

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  readonly layout: Layout;
  readonly destinations: Destinations;
  readonly place: Place;
  readonly emit: Emit;
}

/** Keeps the kernel as it should be. One run is in flight at a time, and whatever was asked meanwhile is one more run. */
export interface Reconciler {
  /** Looks at the kernel without changing it and goes on with the slots found there; returns the gateways in use. */
  adopt(): Promise<ReadonlySet<string>>;
  /** From now on exactly these gateways should carry the routes. */
  serve(healthy: ReadonlySet<string>): void;
  /** The kernel may have changed: look again. Does nothing before the first `serve`. */
  look(): void;
  /** Whether the kernel was last seen to hold what it should, and if not, why. */
  state(): { readonly ok: boolean; readonly why: string };
  /** Takes everything down. Resolves to whether the kernel is clean; tries again until `deadline` (steady clock). */
  remove(deadline: number): Promise<boolean>;
}

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5000;

/** Silent losses exist (a route goes with its last device, without a word), so look now and then in any case. */
const SLOW_LOOK_MS = 15_000;

export function createReconciler({ kernel, layout, destinations, place, emit }: ReconcilerOptions): Reconciler {
  const watchfulness: Watchfulness = createWatchfulness(emit);
  let healthy: ReadonlySet<string> | undefined;
  let owners: Owners | undefined;
  let removing = false;
  let state = { ok: false, why: "the first round of probes is not over" };
  let running: Promise<void> | undefined;
  let wanted = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let retry = FIRST_RETRY_MS;

  /** What should be, given what is: slots move only here. */
  const target = (observed: Observed): Desired => {
    if (removing) return NOTHING;
    const refused = new Set(observed.refusals.map(({ gateway }) => gateway));
    const usable = new Set(
      layout.gateways.flatMap((gateway, index) => (healthy!.has(gateway) && !refused.has(gateway) ? [index] : [])),
    );
    if (usable.size > 0) owners = placeCells(layout, owners, usable);
    const nexthops = usable.size > 0 ? toNextHops(layout, owners!) : [];
    return desiredState(destinations, observed.connected, nexthops, place);
  };

  const observe = async (): Promise<Observed> => {
    const observed = await kernel.observe(layout.gateways);
    watchfulness.sawKernel(observed);
    watchfulness.sawCovered(coveredByConnected(destinations, observed.connected));
    return observed;
  };

  /** Observe, plan, apply, observe again. Returns the milliseconds after which to run again, if the work is not done. */
  const reconcile = async (): Promise<number | undefined> => {
    const observed = await observe();
    const desired = target(observed);
    const plan = planChanges(observed, desired, place, watchfulness.held());
    const { changes, waitMs } = watchfulness.admit(plan.changes, desired, steadyNow());
    if (changes.length > 0) {
      const start = steadyNow();
      const applied = await kernel.apply(changes, place.table);
      const error = applied.ok ? undefined : applied.message;
      emit({ type: "applied", changes, seconds: (steadyNow() - start) / 1000, error });
      if (error) throw new Error(`the kernel refused a change: ${error}`);
      return 0; // seen is believed: look again, and find nothing to do
    }
    watchfulness.sawConflicts(plan.conflicts);
    if (plan.conflicts.length > 0) {
      state = { ok: false, why: `somebody else holds ${plan.conflicts.map(({ key }) => key).join(", ")}` };
    } else if (waitMs !== undefined) {
      state = { ok: false, why: "somebody else keeps changing our entries" };
    } else {
      watchfulness.settled(desired);
      const gateways = new Set(desired.routes.flatMap((route) => route.nexthops.map(({ gateway }) => gateway)));
      state = { ok: true, why: "the kernel holds what it should" };
      emit({ type: "settled", gateways: [...gateways] });
    }
    return waitMs;
  };

  const runAll = async (): Promise<void> => {
    while (wanted) {
      wanted = false;
      clearTimeout(timer);
      let wait: number | undefined;
      try {
        wait = await reconcile();
        retry = FIRST_RETRY_MS;
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        state = { ok: false, why: message };
        emit({ type: "trouble", message, waitMs: retry });
        wait = retry;
        retry = Math.min(LONGEST_RETRY_MS, retry * 2);
      }
      if (wait === 0) wanted = true;
      else timer = setTimeout(look, Math.min(wait ?? SLOW_LOOK_MS, SLOW_LOOK_MS));
    }
    running = undefined;
  };

  const look = (): void => {
    if (!healthy && !removing) return;
    wanted = true;
    running ??= runAll();
  };

  return {
    async adopt() {
      const observed = await observe();
      const route = observed.routes.find(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
      owners = route && fromNextHops(layout, route.nexthops);
      return new Set(owners?.map((index) => layout.gateways[index]!));
    },
    serve(gateways) {
      healthy = gateways;
      look();
    },
    look,
    state: () => state,
    async remove(deadline) {
      removing = true;
      for (;;) {
        look();
        await running;
        clearTimeout(timer);
        if (state.ok || steadyNow() + FIRST_RETRY_MS > deadline) break;
        await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS));
      }
      return state.ok;
    },
  };
}
