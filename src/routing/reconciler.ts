import { exponential } from "../time/backoff.ts";
import { steadyNow } from "../time/clock.ts";
import { type Decision, decide, type RoutingSettings } from "./decide.ts";
import { coveredByConnected } from "./desired.ts";
import { DiversionWatch } from "./diversion-watch.ts";
import type { Diversion } from "./diversions.ts";
import { createDriftTracker, type DriftTracker } from "./drift.ts";
import type { RoutingEvent } from "./events.ts";
import { admitFirst, type Goal, goalsOf, mayReject, type Mode, planGoals, type Step } from "./goals.ts";
import { type FormerPackets, formerPackets, packetsFound } from "./hand-over.ts";
import { withLeftRoutes, withoutLeftovers } from "./leftovers.ts";
import { NexthopTrials } from "./nexthop-trials.ts";
import { createNews } from "./news.ts";
import { targetUse } from "./probe-answers.ts";
import type { LookCause, ReconcilerOptions } from "./reconciler-options.ts";
import { findRings, gatewaysIn, haveSameRings, type Rings } from "./rings.ts";
import type { Standing } from "./standing.ts";
import { TakeOver } from "./take-over.ts";
import { UsableGateways } from "./usable-gateways.ts";
import { type Desired, type KernelError, type Observed, PROTOCOL, type SkippedLink } from "./types.ts";

const STARTING: Standing = { ok: false, code: "starting" };

/** Wait after a first failure, and the longest after many in a row. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 5000;

/** How often is looked whether a change that has failed has succeeded by now. */
const SETTLING_LOOK_MS = 20;

/** Silent losses exist (a route goes with its last device, without an event), so the kernel is read now and then. */
const SLOW_LOOK_MS = 15_000;

/**
 * Keeps the kernel as it should be: observe, decide, plan, admit, apply, observe again, until nothing is left to do, and
 * report. One run is in flight at a time; whatever is asked meanwhile makes one more, with the newest state.
 */
export class Reconciler {
  #options: ReconcilerOptions;
  /** What is asked from the next run on. */
  #next: RoutingSettings | undefined;
  /** Whether it takes over packets that other pools of this instance carry until then. */
  #isJoining = false;
  /** Whether it prepares for other gateways, while the routes over the earlier ones do their work. */
  #isHolding = false;
  /** What it is for as well until `letGo`. */
  #former: FormerPackets | undefined;
  readonly #takeOver = new TakeOver();
  /** Whether the slots are to be found in the routes that stand, since there are other gateways, weights or tiers than before. */
  #isRelaid = false;
  readonly #drift: DriftTracker;
  readonly #trials: NexthopTrials;
  readonly #skippedNews = createNews<SkippedLink>();
  readonly #diversions: DiversionWatch;
  #mode: Mode = "waiting";
  #standing: Standing = STARTING;
  #rings: Rings | undefined;
  /** The gateways that the routes are meant to be over. */
  #active: readonly string[] = [];
  readonly #usable: UsableGateways;

  /** The interfaces that packets to gateways have taken. */
  readonly #paths = new Set<string>();

  /** What was last read back and found right, while nothing has hinted at a change since. */
  #known: Observed | undefined;
  #hints = 0;

  #running: Promise<void> | undefined;
  #again = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Failures in a row. */
  #failures = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#trials = new NexthopTrials(options.kernel, options.tableRef.table);
    this.#drift = createDriftTracker(options.emit);
    this.#usable = new UsableGateways(() => options.onUsable?.());
    this.#diversions = new DiversionWatch({ ...options, emit: (event) => this.#emitDiversions(event) });
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** The gateways that carry traffic or could at once, as far as the kernel leads there. */
  get usable(): readonly string[] {
    return this.#usable.gateways;
  }

  /** Whether that is known: the first decision has been made, and is in the kernel. */
  get isUsableKnown(): boolean {
    return this.#usable.isKnown;
  }

  /** Whether packets to a gateway have taken this interface since the start. */
  isPath(device: string): boolean {
    return this.#paths.has(device);
  }

  /**
   * Reads the kernel without changing it and goes on with the slots found there; returns the gateways in use.
   *
   * @param from the table of the pool that it replaces; its own by default
   */
  async adopt(from?: number): Promise<ReadonlySet<string>> {
    const { kernel, layout, family } = this.#options;
    const observed =
      from === undefined ? await this.#observe(true) : await kernel.observe(from, layout.gateways, undefined, family);
    if (from === undefined && this.#options.others) this.#former = packetsFound(observed, this.#options);
    this.#rings = findRings(this.#options, withLeftRoutes(observed.routes, this.#takeOver.remaining));
    return this.#rings ? gatewaysIn(this.#options, this.#rings) : new Set();
  }

  /** The same as soon as the kernel can be read; without anything found there at `deadline` (steady clock). */
  async adoptBy(deadline: number, from?: number): Promise<ReadonlySet<string>> {
    for (;;) {
      const found = await this.adopt(from).catch(({ message }: Error) => this.#fail({ code: "ip", detail: message }));
      if (typeof found !== "number") return found;
      if (this.#mode === "removing" || this.#isReleased || steadyNow() + found > deadline) return new Set();
      await sleep(found);
    }
  }

  /**
   * Where managed destinations are to be rejected while no gateway can be used, or probes need routes, begins with that at
   * once, and leaves the routes of an earlier run as they are until the first `follow`. Resolves when it is done, or has
   * failed and will be tried again.
   */
  async prepare(): Promise<void> {
    if (!mayReject(this.#options) && this.#options.probes === undefined) return;
    if (this.#mode === "waiting") this.#mode = "preparing";
    this.#run();
    await this.#running;
  }

  /**
   * From now on the kernel is to hold this, in the same table. Slots stay where they are, unless there are other
   * gateways, weights or tiers: then they go on from the routes that stand. Packets that it is no more for use it as
   * before until `letGo`.
   */
  reload(settings: RoutingSettings): void {
    this.#former ??= formerPackets(this.#next ?? this.#options, settings);
    this.#next = settings;
    if (this.#running === undefined) this.#takeSettings();
    if (this.#mode === "waiting") void this.prepare();
    this.look("paths");
  }

  /**
   * Other pools may carry its packets until the first decision: it leaves them alone until then, and where there are gateways
   * to use, none is rejected in between.
   */
  join(): void {
    this.#isJoining = true;
  }

  /** No other pool takes care of its packets: from now on those are rejected that may be, until there are gateways to use. */
  standAlone(): void {
    if (!this.#isJoining) return;
    this.#isJoining = false;
    this.look();
  }

  /** Whether it is for packets as well that it is no more for. */
  get holdsOn(): boolean {
    return this.#former !== undefined;
  }

  /** Other pools have the packets that it is no more for; returns whether there were any. */
  letGo(): boolean {
    if (this.#former === undefined) return false;
    this.#former = undefined;
    this.look();
    return true;
  }

  /** The routes that stand stay until the next `follow`: which gateways can be used is to be found out. */
  hold(): void {
    if (this.#mode !== "following") return;
    this.#mode = "preparing";
    this.#isHolding = true;
  }

  /** Between two runs: each is made for one configuration. */
  #takeSettings(): void {
    if (this.#next === undefined) return;
    this.#isRelaid ||= !haveSameRings(this.#next, this.#options);
    const { markers } = this.#options;
    const former = markers && { ...markers, destinations: [] }; // until they are gone
    this.#options = { ...this.#options, ...this.#next, markers: this.#next.markers ?? former };
    this.#next = undefined;
    this.#diversions.reload(this.#options);
  }

  /** The state of the pool has changed: from now on the kernel follows it. */
  follow(): void {
    if (this.#mode === "waiting" || this.#mode === "preparing") this.#mode = "following";
    this.#isHolding = false;
    this.#run();
  }

  /**
   * Resolves to how the kernel stands once all that was asked until now is done, also the first decision: at `deadline` at
   * the latest (steady clock), and at once where another program is in the way.
   */
  async settled(deadline: number): Promise<Standing> {
    for (;;) {
      await Promise.race([this.#running, sleep(deadline - steadyNow())]);
      const isOpen = !this.#standing.ok && ["starting", "trouble"].includes(this.#standing.code);
      const isDone = this.#running === undefined && !isOpen && this.#mode !== "preparing";
      if (isDone || steadyNow() >= deadline || this.#mode === "removing" || this.#isReleased) return this.#standing;
      await sleep(SETTLING_LOOK_MS);
    }
  }

  /** The gateways that the routes are meant to be over. */
  get active(): readonly string[] {
    return this.#active;
  }

  /** What another program has in place that keeps all packets from them. */
  get diversion(): Diversion | undefined {
    return this.#diversions.ofAll;
  }

  /** The kernel may have changed: reads it again. Does nothing before the first `follow` or `prepare`. */
  look(cause: LookCause = "entries"): void {
    if (cause !== "entries") this.#trials.repeat();
    if (cause === "links") this.#drift.noteLinks(steadyNow());
    this.#hints++;
    this.#known = undefined;
    if (this.#mode !== "waiting") this.#run();
  }

  /** Takes everything down. Resolves to whether the kernel is clean; tries again until `deadline` (steady clock). */
  async remove(deadline: number): Promise<boolean> {
    this.#mode = "removing";
    this.#usable.end();
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
    this.#mode = "released";
    this.#usable.end();
    await Promise.race([this.#running, sleep(deadline - steadyNow())]);
    clearTimeout(this.#timer);
  }

  get #isReleased(): boolean {
    return this.#mode === "released";
  }

  #run(): void {
    this.#again = true;
    this.#running ??= this.#runAll();
  }

  async #runAll(): Promise<void> {
    while (this.#again && this.#mode !== "released") {
      this.#again = false;
      clearTimeout(this.#timer);
      const wait = await this.#reconcile().catch(({ message }: Error) => this.#fail({ code: "ip", detail: message }));
      this.#timer = setTimeout(() => this.look("paths"), wait);
    }
    this.#running = undefined; // at once: whatever is asked from here on needs a run of its own
  }

  /**
   * One run; returns the milliseconds until the next one is due. A change of the pool is planned on what is known from the
   * last reading, which halves its time to the kernel, and is observed afterwards like any other.
   */
  async #reconcile(): Promise<number> {
    for (;;) {
      this.#takeSettings();
      const hints = this.#hints;
      const observed = this.#known ?? (await this.#observe());
      if (this.#isReleased) return this.#slowLookMs;
      if (this.#next) continue; // a decision is made on one configuration, also of the pool
      if (this.#isRelaid) this.#rings = findRings(this.#options, observed.routes);
      this.#isRelaid = false;
      this.#known = undefined;
      const decision = this.#decide(observed);
      if (decision) this.#accept(decision);
      const aim = { mode: this.#mode, isJoining: this.#isJoining };
      const goals = goalsOf(aim, this.#settings, observed, decision);
      this.#publish(goals);
      const plans = planGoals(goals, this.#options, this.#drift.owned());
      const step = admitFirst(plans, this.#mode, this.#drift, steadyNow());
      if (step.changes.length > 0) {
        const error = await this.#apply(step);
        if (this.#isReleased) return this.#slowLookMs;
        if (error) return this.#fail(error);
        continue; // observe again: in the end nothing is left to do
      }
      this.#failures = 0;
      if (this.#report(step) && hints === this.#hints) this.#known = observed;
      return step.waitMs ?? this.#slowLookMs;
    }
  }

  /** @param isStart whether the earlier program may have left something */
  async #observe(isStart = false): Promise<Observed> {
    const { kernel, family, tableRef, pool, layout, destinations, probed, emit, onAddresses } = this.#options;
    const { probes = this.#options.formerProbes } = this.#options;
    const rejected = await this.#trials.failed();
    const { markers } = this.#options;
    const seen = await kernel.observe(tableRef.table, probed ?? layout.gateways, probes, family, markers !== undefined);
    if (isStart) await this.#takeOver.find(seen, this.#options);
    this.#takeOver.note(seen, this.#options);
    const unusable = [...seen.unusable, ...rejected];
    const observed = { ...seen, unusable, leftovers: this.#takeOver.remaining };
    const { addresses, connected, routes, rules, skipped } = observed;
    emit({ type: "observed", gateways: countGateways(observed), routes, rules });
    for (const link of this.#skippedNews(skipped.map((one) => [JSON.stringify(one), one]))) {
      emit({ type: "link-skipped", link });
    }
    this.#diversions.examine(withoutLeftovers(observed, observed.leftovers));
    onAddresses?.(addresses);
    for (const device of observed.devices.values()) this.#paths.add(device);
    pool.examine(observed);
    this.#drift.noteRoutes([...routes, ...observed.probeRoutes]);
    this.#drift.noteNexthops(observed.nexthops ?? []);
    this.#drift.noteCovered(coveredByConnected(destinations, connected));
    return observed;
  }

  /** Which gateways carry which routes; undefined while the kernel does not follow the pool. */
  #decide(observed: Observed): Decision | undefined {
    if (this.#mode !== "following") return undefined;
    return decide(this.#settings, this.#options.pool.state(), observed, this.#rings);
  }

  get #settings(): RoutingSettings {
    const { others } = this.#options;
    const isDiverted = this.#diversions.ofAll !== undefined;
    const settings = { ...this.#options, former: this.#former, isDiverted };
    return others ? { ...settings, usedElsewhere: others.uses() } : settings;
  }

  get #slowLookMs(): number {
    return this.#options.others?.untilSlowLook() ?? SLOW_LOOK_MS;
  }

  /** Reports to the other pools what this one does with packets to targets of probes, once it has reached its goals. */
  #publish(goals: readonly Goal[]): void {
    const { others, tableRef } = this.#options;
    const routes = goals.at(-1)?.desired.routes ?? [];
    others?.publish(targetUse(others.targets, routes, tableRef));
  }

  #accept({ rings, active, usable, selection, unusable }: Decision): void {
    this.#rings = rings;
    this.#active = active;
    this.#usable.decided(usable);
    const { pool, layout } = this.#options;
    const members = new Set(layout.gateways); // probes may have been read of others as well
    pool.decided(
      selection,
      unusable.filter(({ gateway }) => members.has(gateway)),
    );
  }

  /** Makes the changes; returns why not all of them could be made, unless a gateway is left out for that from now on. */
  async #apply({ changes, desired }: Step): Promise<KernelError | undefined> {
    const { kernel, probes, emit } = this.#options;
    const start = steadyNow();
    const applied = await kernel.apply(changes);
    const error = applied.ok ? undefined : applied.error;
    emit({ type: "applied", changes, probes, seconds: (steadyNow() - start) / 1000, error });
    if (!applied.ok) return (await this.#trials.tryAll(applied)) ? undefined : error;
    this.#drift.noteApplied(changes, desired, steadyNow());
    return undefined;
  }

  /** Reports a run that left nothing to do; returns whether the kernel holds what it should. */
  #report({ desired, conflicts, waitMs }: Step): boolean {
    this.#drift.noteConflicts(conflicts);
    if (this.#mode === "following") {
      this.#usable.followed(conflicts.some(({ bars }) => bars));
      this.#options.onRouted?.(this.#active);
    }
    if (conflicts.length > 0) {
      this.#standing = { ok: false, code: "conflict", entries: conflicts.map(({ entry }) => entry) };
    } else if (waitMs !== undefined) {
      this.#standing = { ok: false, code: "fight" };
    } else {
      this.#settle(desired);
      return true;
    }
    return false;
  }

  #settle(desired: Desired): void {
    this.#drift.noteSettled(desired);
    if (this.#mode === "preparing") {
      // To reject everything is not yet what it should be in the end; what stood before a reload is.
      this.#standing = this.#isHolding ? { ok: true } : STARTING;
      return;
    }
    this.#standing = { ok: true };
    this.#isJoining = false;
    this.#options.emit({ type: "settled" });
    this.#options.onSettled?.();
  }

  #emitDiversions(event: RoutingEvent): void {
    if (event.type === "preceded") {
      this.#usable.diverted(event.diversions.some(({ extent }) => extent === "all"));
      if (this.#options.markers && this.#mode === "following") this.#run();
    }
    this.#options.emit(event);
  }

  /** Reports what went wrong; returns the milliseconds to wait before the next try, longer each time. */
  #fail(error: KernelError): number {
    const waitMs = exponential(++this.#failures, FIRST_RETRY_MS, LONGEST_RETRY_MS);
    this.#standing = { ok: false, code: "trouble", error };
    this.#options.emit({ type: "trouble", error, waitMs });
    return waitMs;
  }
}

function sleep(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => void setTimeout(resolve, Math.max(0, milliseconds)));
}

/** How many gateways carry the managed routes that stand in the kernel. */
function countGateways({ routes }: Observed): number {
  const managed = routes.filter(({ protocol, type }) => protocol === PROTOCOL && type === "unicast");
  return new Set(managed.flatMap(({ nexthops }) => nexthops.map(({ gateway }) => gateway))).size;
}
