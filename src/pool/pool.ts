import type { ProbeResult } from "../probe/probe.ts";
import { steadyNow } from "../time/clock.ts";
import { CommonCause, type Paths } from "./common-cause.ts";
import { createCycleCounter } from "./cycles.ts";
import type { PoolEvent } from "./events.ts";
import { FlapHolds } from "./flap-holds.ts";
import { createFirstRound } from "./first-round.ts";
import { type Change, GatewayHealth, type Status } from "./gateway-health.ts";
import type { LeakFault } from "./leak.ts";
import type { NexthopFault, UnusableNexthop } from "./nexthop-fault.ts";
import { type PoolOptions, probersOf } from "./options.ts";
import type { QualityFault } from "./quality-triggers.ts";
import { type PoolState, type Selection, selectGateways } from "./select.ts";

/** After a time without any healthy gateway, the first to answer waits this long for the others. */
const GATHER_MS = 40;

/** Stands for the question for the exit among the probers of the first round; no prober has this name. */
const EXIT = "exit ";

/**
 * The one place that knows which gateways are up, held, kept and usable. Probes are recorded here; `state` is what a
 * decision is made on, and `decided` takes its outcome back.
 *
 * Two things are kept out of `state`: everything before the first round of probes is over, and a moment of the return from
 * a total loss. Both times traffic would otherwise all go to whichever gateway answers first, and connections of the
 * others be cut by it.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #probers: readonly [string, ...string[]];
  readonly #health: ReadonlyMap<string, GatewayHealth>;
  readonly #holds: FlapHolds;
  readonly #cause: CommonCause;
  readonly #countCycle: ReturnType<typeof createCycleCounter>;
  readonly #countFirst: ReturnType<typeof createFirstRound>;
  /** Gateways that were up when the last change was passed on. */
  #healthy: ReadonlySet<string> = new Set();
  /** In the order of their losses. */
  readonly #lost = new Set<string>();
  #unusable: ReadonlyMap<string, NexthopFault> = new Map();
  #selection: SelectionEvent = NOTHING_SELECTED;
  #firstRoundDone = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #holdEnd: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PoolOptions) {
    const { gateways, flapHold, moment, emit } = options;
    this.#options = options;
    const { probers, requirement } = probersOf(options);
    const checksExit = options.onExitNeeded !== undefined;
    this.#probers = [probers[0].name, ...probers.slice(1).map(({ name }) => name)];
    this.#health = new Map(gateways.map((gateway) => [gateway, new GatewayHealth(probers, requirement, checksExit)]));
    this.#holds = new FlapHolds(flapHold);
    this.#cause = new CommonCause({ moment, emit });
    this.#countCycle = createCycleCounter(gateways, this.#probers);
    this.#countFirst = createFirstRound(gateways, checksExit ? [...this.#probers, EXIT] : this.#probers);
  }

  /** These gateways carry traffic since an earlier run. */
  adopt(gateways: ReadonlySet<string>): void {
    for (const gateway of gateways) this.#health.get(gateway)!.adopt();
    this.#options.emit({ type: "adopted", gateways: [...gateways] });
  }

  /**
   * Takes in the result of a probe.
   *
   * @param extra for one besides the rhythm
   * @param prober which of several it was
   */
  record(gateway: string, result: ProbeResult, extra = false, prober: string = this.#probers[0]): void {
    const { emit } = this.#options;
    const health = this.#health.get(gateway)!;
    const [seen, awaited] = [health.statusBy(prober), health.awaitsExit];
    const change = health.record(prober, result, extra);
    const named = this.#probers.length > 1 ? { prober } : {};
    emit({ type: "probe", gateway, ...named, result, failures: change.failures });
    this.#reportProber(gateway, prober, seen);
    const turned = this.#turn(gateway, change);
    const cycleSeconds = this.#countCycle(gateway, prober, result.seconds);
    if (cycleSeconds !== undefined) emit({ type: "cycle", seconds: cycleSeconds, up: this.#count("up") });
    this.#follow(gateway, prober, turned);
    if (health.awaitsExit) this.#options.onExitNeeded?.(gateway, !awaited);
  }

  /** The exit of a gateway was asked for: it leaks, so that it is down and not even used for want of others, or does not. */
  setExit(gateway: string, leak: LeakFault | undefined): void {
    this.#follow(gateway, EXIT, this.#turn(gateway, this.#health.get(gateway)!.setExit(leak)));
  }

  /** Passes a change on, unless the first round is not over yet. */
  #follow(gateway: string, prober: string, turned: boolean): void {
    if (this.#firstRoundDone) {
      if (turned) this.#changed();
    } else if (this.#countFirst(gateway, prober, turned)) {
      this.#firstRoundDone = true;
      this.#passOn();
    }
  }

  /** The quality that a prober has measured has this fault from now on, or none any more: the gateway counts as failed. */
  setFault(gateway: string, fault: QualityFault | undefined, prober: string = this.#probers[0]): void {
    const health = this.#health.get(gateway)!;
    const [seen, awaited] = [health.statusBy(prober), health.awaitsExit];
    const change = health.setFault(prober, fault);
    this.#reportProber(gateway, prober, seen);
    const turned = this.#turn(gateway, change);
    if (turned && this.#firstRoundDone) this.#changed();
    if (health.awaitsExit && !awaited) this.#options.onExitNeeded?.(gateway, true);
  }

  /** Whether the next results of a gateway may turn its state, as this prober sees it. */
  isBetweenStates(gateway: string, prober: string = this.#probers[0]): boolean {
    return this.#health.get(gateway)!.isBetweenStates(prober);
  }

  /** What a decision is made on. */
  state(): PoolState {
    const { gateways } = this.#options;
    const holds = this.#holds.among(this.#healthy, steadyNow());
    const leaking = new Set(gateways.filter((gateway) => this.#health.get(gateway)!.isLeaking));
    return { gateways, healthy: this.#healthy, holds, lost: [...this.#lost], leaking };
  }

  /** Gateways that are used without being healthy. */
  get kept(): ReadonlySet<string> {
    return new Set(this.#selection.kept);
  }

  /** The kernel was read: gateways that failed with this router's own link, or all together, do not flap. */
  examine(paths: Paths): void {
    this.#holds.pardon(this.#cause.examine(paths));
  }

  /** A decision was made on the last state. Reports what it changes, and remembers what the next one needs. */
  decided(selection: Selection, unusable: readonly UnusableNexthop[]): void {
    const now = steadyNow();
    this.#setUnusable(new Map(unusable.map(({ gateway, fault }) => [gateway, fault])), now);
    this.#reportHolds(selection, now);
    const { held, kept, shortage } = selection;
    this.#select({ type: "selection", held, kept, shortage });
    clearTimeout(this.#holdEnd);
    if (held.length === 0) return;
    const ends = held.map((gateway) => this.#holds.among([gateway], now).get(gateway) ?? now);
    this.#holdEnd = setTimeout(this.#options.onChange, Math.ceil(Math.min(...ends) - now));
  }

  stop(): void {
    clearTimeout(this.#gathering);
    clearTimeout(this.#holdEnd);
  }

  #count(status: Status): number {
    return this.#options.gateways.filter((gateway) => this.#health.get(gateway)!.status === status).length;
  }

  /** Where there are several probers, reports that one of them sees the gateway differently from before. */
  #reportProber(gateway: string, prober: string, before: Status): void {
    const status = this.#health.get(gateway)!.statusBy(prober);
    if (this.#probers.length === 1 || status === before || status === "unknown") return;
    this.#options.emit({ type: "prober", gateway, prober, status });
  }

  /** Follows a change; returns whether the gateway came up or went down. */
  #turn(gateway: string, { before, after: status, detail }: Change): boolean {
    if (status === before || status === "unknown") return false;
    const { gateways, emit, onAllLost } = this.#options;
    const [up, down] = [this.#count("up"), this.#count("down")];
    emit({ type: "gateway", gateway, before, status, detail, up, down, total: gateways.length });
    // A gateway is lost when it goes down or cannot be a nexthop, whichever is first, and is back when both are over.
    const isUsable = !this.#unusable.has(gateway);
    if (status === "up") {
      this.#lost.delete(gateway);
      if (isUsable) this.#holds.returned(gateway, steadyNow());
    } else if (before === "up") {
      this.#lost.add(gateway);
      if (isUsable) this.#holds.lost(gateway, steadyNow());
      this.#cause.lost(gateway, up === 0);
      if (up === 0) setTimeout(onAllLost, 0); // the routes come first
    }
    return true;
  }

  #changed(): void {
    const all = this.#count("up") === this.#options.gateways.length;
    if (this.#carries() || all) this.#passOn();
    else this.#gathering ??= setTimeout(() => this.#passOn(), GATHER_MS);
  }

  /** Whether any of the gateways that are used is healthy. */
  #carries(): boolean {
    const { used } = selectGateways(this.state(), this.#options.quorum, new Set(this.#unusable.keys()));
    return used.some((gateway) => this.#healthy.has(gateway));
  }

  #passOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const { gateways, onChange } = this.#options;
    this.#healthy = new Set(gateways.filter((gateway) => this.#health.get(gateway)!.status === "up"));
    onChange();
  }

  #setUnusable(now: ReadonlyMap<string, NexthopFault>, time: number): void {
    const before = this.#unusable;
    this.#unusable = now;
    const isUp = (gateway: string): boolean => this.#health.get(gateway)!.status === "up";
    const changed = [...now].filter(([gateway, { detail }]) => before.get(gateway)?.detail !== detail);
    for (const [gateway] of changed) if (isUp(gateway) && !before.has(gateway)) this.#holds.lost(gateway, time);
    for (const group of Map.groupBy(changed, ([, { detail }]) => detail).values()) {
      const gateways = group.map(([gateway]) => gateway);
      this.#options.emit({ type: "unusable", gateways, fault: group[0]![1], count: now.size });
    }
    const usable = [...before.keys()].filter((gateway) => !now.has(gateway));
    for (const gateway of usable) if (isUp(gateway)) this.#holds.returned(gateway, time);
    if (usable.length > 0) this.#options.emit({ type: "usable", gateways: usable, count: now.size });
  }

  #reportHolds({ held, released }: Selection, now: number): void {
    const { emit } = this.#options;
    this.#holds.release(released, now);
    const over = this.#selection.held.filter(
      (gateway) => this.#healthy.has(gateway) && !held.includes(gateway) && !released.includes(gateway),
    );
    for (const gateway of released) emit({ type: "released", gateway, early: true });
    for (const gateway of over) emit({ type: "released", gateway, early: false });
    for (const gateway of held) {
      const report = this.#holds.report(gateway, now);
      if (report) emit({ type: "held", gateway, ...report });
    }
  }

  #select(selection: SelectionEvent): void {
    const isNew = JSON.stringify(selection) !== JSON.stringify(this.#selection);
    this.#selection = selection;
    if (isNew) this.#options.emit(selection);
  }
}

type SelectionEvent = Extract<PoolEvent, { readonly type: "selection" }>;

const NOTHING_SELECTED: SelectionEvent = { type: "selection", held: [], kept: [], shortage: undefined };
