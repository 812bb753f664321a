import { aimFor, holding, type RoutingSettings } from "./decide.ts";
import { carrierLoss } from "./carrier-loss.ts";
import { coveredByConnected, NOTHING } from "./desired.ts";
import { rejectTypeOf } from "./kill-switch.ts";
import type { Kernel } from "./iproute2/kernel.ts";
import { type Conflict, planChanges } from "./plan.ts";
import { adoptOwners, type Owners } from "./slots.ts";
import { type Change, type Desired, type Observed, PROTOCOL } from "./types.ts";
import type { Emit } from "../events/events.ts";
import { steadyNow } from "../time/clock.ts";
import { NexthopTrials } from "./nexthop-trials.ts";
import { createDriftTracker } from "./drift.ts";

export interface ReconcilerOptions extends RoutingSettings {
  readonly kernel: Kernel;
  readonly emit: Emit;
}

/** Whether the kernel was last seen to hold what it should, and why it is so. */
export interface Standing {
  readonly ok: boolean;
  readonly why: string;
}

/** A state to bring about, and what of the kernel to plan it on. */
interface Goal {
  readonly desired: Desired;
  readonly observed: Observed;
}

/** What there is to do for a goal. */
interface Look {
  readonly desired: Desired;
  readonly changes: readonly Change[];
  readonly conflicts: readonly Conflict[];
  /** Milliseconds until the next repair that had to wait is due. */
  readonly waitMs: number | undefined;
}

const BEFORE_FIRST_ROUND: Standing = { ok: false, why: "the first round of probes is not over" };

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5000;

/** Silent losses exist (a route goes with its last device, without a word), so look now and then in any case. */
const SLOW_LOOK_MS = 15_000;

/**
 * Keeps the kernel as it should be: observe, plan, apply, observe again, until there is nothing left to do. One run is
 * in flight at a time, and whatever is asked meanwhile makes one more, with the newest wish.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #watchfulness: ReturnType<typeof createDriftTracker>;
  #healthy: ReadonlySet<string> | undefined;
  #owners: Owners | undefined;
  /** The gateways that the routes are meant to be over. */
  #active: readonly string[] = [];
  #guarding = false;
  #removing = false;
  #left = false;
  #standing = BEFORE_FIRST_ROUND;

  /** What was last read back and found right, while nothing has hinted at a change since. */
  #known: Observed | undefined;
  #hints = 0;

  readonly #trials: NexthopTrials;
  #refuses = false;

  #running: Promise<void> | undefined;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry = FIRST_RETRY_MS;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#trials = new NexthopTrials(options.kernel);
    this.#watchfulness = createDriftTracker(options.emit);
  }

  /** Whether there are gateways that only a change of links or routes can make usable. */
  get refuses(): boolean {
    return this.#refuses;
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Looks at the kernel without changing it and goes on with the slots found there; returns the gateways in use. */
  async adopt(): Promise<ReadonlySet<string>> {
    const { layout } = this.#options;
    const { routes } = this.#judge(await this.#observe());
    this.#owners = adoptOwners(layout, routes);
    return new Set(this.#owners?.map((index) => layout.gateways[index]!));
  }

  /**
   * Where managed destinations are to be refused while no gateway can be used, begins with that at once, and leaves the
   * ways of an earlier run as they are until the first `serve`. Resolves when it is done, or has failed and will be
   * tried again.
   */
  async close(): Promise<void> {
    if (rejectTypeOf(this.#options.whenNoGateways) === undefined) return;
    this.#guarding = true;
    this.#run();
    await this.#running;
  }

  /** From now on exactly these gateways should carry the routes, as far as the kernel can reach them. */
  serve(healthy: ReadonlySet<string>): void {
    this.#healthy = healthy;
    this.#run();
  }

  /**
   * The kernel may have changed: looks again. Does nothing before the first `serve` or `close`.
   *
   * @param links whether interfaces or addresses may have changed, which gives refused gateways another chance
   */
  look(links = false): void {
    if (links) this.#trials.repeat();
    this.#hints++;
    this.#known = undefined;
    if (this.#healthy || this.#guarding || this.#removing) this.#run();
  }

  /** Takes everything down. Resolves to whether the kernel is clean; tries again until `deadline` (steady clock). */
  async remove(deadline: number): Promise<boolean> {
    this.#removing = true;
    for (;;) {
      this.look();
      const inTime = await Promise.race([this.#running?.then(() => true), sleep(deadline - steadyNow())]);
      clearTimeout(this.#timer);
      if (!inTime) return false; // `ip` hangs
      if (this.#standing.ok || steadyNow() + FIRST_RETRY_MS > deadline) return this.#standing.ok;
      await sleep(FIRST_RETRY_MS);
    }
  }

  /** Leaves everything as it is from now on. Resolves when no change is under way any more, or at `deadline` (steady clock). */
  async leave(deadline: number): Promise<void> {
    this.#left = true;
    await Promise.race([this.#running, sleep(deadline - steadyNow())]);
    clearTimeout(this.#timer);
  }

  #run(): void {
    this.#again = true;
    this.#running ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    while (this.#again && !this.#left) {
      this.#again = false;
      clearTimeout(this.#timer);
      const wait = await this.#reconcile().catch((error: Error) => this.#trouble(error.message));
      this.#timer = setTimeout(() => this.look(true), Math.min(wait, SLOW_LOOK_MS));
    }
    this.#running = undefined; // at once: whatever is asked from here on needs a run of its own
  }

  /** Tells what went wrong; returns the milliseconds to wait before the next try, longer each time. */
  #trouble(message: string): number {
    const wait = this.#retry;
    this.#retry = Math.min(LONGEST_RETRY_MS, wait * 2);
    this.#standing = { ok: false, why: message };
    this.#options.emit({ type: "trouble", message, waitMs: wait });
    return wait;
  }

  /**
   * One run. A change of the gateways plans on what is known from the last look, which halves its way to the kernel, and
   * is observed afterwards like any other. Returns the milliseconds until the next look is due.
   */
  async #reconcile(): Promise<number> {
    for (;;) {
      const hints = this.#hints;
      const seen = this.#known ?? (await this.#observe());
      const observed = this.#judge(seen);
      this.#known = undefined;
      const look = this.#compare(observed);
      if (look.changes.length > 0) {
        await this.#apply(look.changes, look.desired);
        if (this.#left) return SLOW_LOOK_MS;
        continue; // look again: in the end there is nothing to do
      }
      this.#retry = FIRST_RETRY_MS;
      this.#watchfulness.sawConflicts(look.conflicts);
      if (this.#healthy && !this.#removing) this.#options.emit({ type: "active", gateways: this.#active });
      if (look.conflicts.length > 0) {
        this.#standing = { ok: false, why: `somebody else holds ${look.conflicts.map(({ key }) => key).join(", ")}` };
      } else if (look.waitMs !== undefined) {
        this.#standing = { ok: false, why: "somebody else keeps changing our entries" };
      } else {
        if (hints === this.#hints) this.#known = seen;
        this.#settle(look.desired);
      }
      return look.waitMs ?? SLOW_LOOK_MS;
    }
  }

  /** What to do for the first goal that is not reached yet; no changes when all are, or repairs have to wait. */
  #compare(observed: Observed): Look {
    const looks = this.#goals(observed).map((goal) => this.#lookAt(goal));
    const waits = looks.flatMap(({ waitMs }) => waitMs ?? []);
    const look = looks.find(({ changes }) => changes.length > 0) ?? looks.at(-1)!;
    return { ...look, waitMs: waits.length === 0 ? undefined : Math.min(...waits) };
  }

  #lookAt({ desired, observed }: Goal): Look {
    const held = this.#watchfulness.held();
    const { changes, conflicts } = planChanges(observed, desired, this.#options.place, held);
    const admitted = this.#removing
      ? { changes, waitMs: undefined } // no fight is worth leaving something behind
      : this.#watchfulness.admit(changes, desired, steadyNow());
    return { desired, conflicts, ...admitted };
  }

  async #observe(): Promise<Observed> {
    const { kernel, layout, destinations } = this.#options;
    const failedTrials = await this.#trials.failed();
    const seen = await kernel.observe(layout.gateways);
    const observed = { ...seen, unusable: [...seen.unusable, ...failedTrials] };
    const { addresses, links, devices, routes, rules } = observed;
    this.#options.emit({ type: "links", links, devices });
    this.#options.emit({ type: "observed", gateways: gatewaysIn(observed), addresses, routes, rules });
    this.#watchfulness.sawCovered(coveredByConnected(destinations, observed.connected));
    return observed;
  }

  /** Adds the gateways that cannot be used although they count as healthy, and tells of all that are left out. */
  #judge(seen: Observed): Observed {
    const refused = new Set(seen.unusable.map(({ gateway }) => gateway));
    const usable = this.#options.layout.gateways.filter(
      (gateway) => this.#healthy?.has(gateway) && !refused.has(gateway),
    );
    const unusable = [...seen.unusable, ...carrierLoss(usable, seen)];
    const observed = { ...seen, unusable };
    this.#refuses = unusable.length > 0;
    this.#watchfulness.sawKernel(observed);
    return observed;
  }

  /**
   * What should be, given what is, one after the other. Where packets may be refused, that comes first: gateways that are
   * not excluded just then look as if nothing led to them.
   */
  #goals(observed: Observed): Goal[] {
    if (this.#removing) return [{ desired: NOTHING, observed }];
    const first = this.#guarding
      ? [{ desired: holding(this.#options, observed), observed: { ...observed, devices: new Map<string, string>() } }]
      : [];
    if (!this.#healthy) return first;
    const { desired, owners, active } = aimFor(this.#options, observed, this.#healthy, this.#owners);
    this.#owners = owners;
    this.#active = active;
    return [...first, { desired, observed }];
  }

  async #apply(changes: readonly Change[], desired: Desired): Promise<void> {
    const { kernel, place, emit } = this.#options;
    const start = steadyNow();
    const applied = await kernel.apply(changes, place.table);
    const error = applied.ok ? undefined : applied.message;
    emit({ type: "applied", changes, seconds: (steadyNow() - start) / 1000, error });
    if (applied.ok) {
      this.#watchfulness.applied(changes, desired, steadyNow());
      return;
    }
    if (!(await this.#trials.explain(applied.failed, applied.message))) {
      throw new Error(`the kernel refused a change: ${applied.message}`);
    }
  }

  #settle(desired: Desired): void {
    this.#watchfulness.settled(desired);
    if (!this.#healthy && !this.#removing) {
      this.#standing = BEFORE_FIRST_ROUND;
      return;
    }
    this.#standing = { ok: true, why: "the kernel holds what it should" };
    this.#options.emit({ type: "settled" });
  }
}

function sleep(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => void setTimeout(resolve, milliseconds));
}

/** How many gateways carry the managed routes that stand in the kernel. */
function gatewaysIn({ routes }: Observed): number {
  const managed = routes.filter(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
  return new Set(managed.flatMap(({ nexthops }) => nexthops.map(({ gateway }) => gateway))).size;
}
