import { steadyNow } from "../time/clock.ts";
import { CommonCause } from "./common-cause.ts";
import { createCycleCounter } from "./cycles.ts";
import type { Hold, PoolEvent } from "./events.ts";
import { FlapHolds } from "./flap-holds.ts";
import { createFirstRound } from "./first-round.ts";
import type { Status } from "./gateway-health.ts";
import type { GatewayFollower, Outcome } from "./gateways.ts";
import type { Paths } from "./link-faults.ts";
import { takesLast } from "./last-usable.ts";
import type { NexthopFault, UnusableNexthop } from "./nexthop-fault.ts";
import type { PoolOptions } from "./options.ts";
import { createOutageReports } from "./outages.ts";
import { type PoolState, type Selection, selectGateways } from "./select.ts";
import { TierReports } from "./tier-reports.ts";

/** After a time without any healthy gateway, the first to answer waits this long for the others. */
const GATHER_MS = 40;

/**
 * What a pool makes of the health of its gateways: which of them are held, kept and usable. `state` is what a decision is
 * made on, and `decided` takes its outcome back.
 *
 * Two things are kept out of `state`: everything before the first round of probes is over, and a moment of the return from
 * a total loss. Both times traffic would otherwise all go to whichever gateway answers first, and connections of the
 * others be cut by it.
 */
export class Pool implements GatewayFollower {
  #options: PoolOptions;
  readonly #holds: FlapHolds;
  #cause: CommonCause;
  #tiers: TierReports | undefined;
  readonly #reportOutage: ReturnType<typeof createOutageReports>;
  /** Why gateways are down, until the first round of probes is over. */
  readonly #firstReasons = new Map<string, string>();
  #countCycle: ReturnType<typeof createCycleCounter>;
  #countFirst: ReturnType<typeof createFirstRound>;
  /** Gateways that were up when the last change was passed on. */
  #healthy: ReadonlySet<string> = new Set();
  /** In the order of their losses. */
  readonly #lost = new Set<string>();
  /** Those that came up while they were held, until that was decided on. */
  readonly #upInHold = new Set<string>();
  #unusable: ReadonlyMap<string, NexthopFault> = new Map();
  #selection: SelectionEvent = NOTHING_SELECTED;
  /** The gateways that the last decision was to use. */
  #used: readonly string[] = [];
  #firstRoundDone = false;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  /** The next time at which another decision may be due, though nothing happens. */
  #due: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PoolOptions) {
    const { gateways, health, linkFaults, flapHold, moment, spread, tiers, emit } = options;
    this.#options = options;
    this.#holds = new FlapHolds(flapHold);
    this.#cause = new CommonCause({ moment, spread, linkFaults, emit });
    this.#tiers = tiers && new TierReports(tiers, emit);
    this.#reportOutage = createOutageReports(emit);
    this.#countCycle = createCycleCounter(gateways, (gateway) => health.probersOf(gateway));
    this.#countFirst = this.#createFirstRound();
  }

  /** Drained gateways need not answer, and of those that are known already nothing is waited for. */
  #createFirstRound(): ReturnType<typeof createFirstRound> {
    const { gateways, health } = this.#options;
    const awaited = gateways.filter((one) => !health.isDrained(one) && health.statusOf(one) === "unknown");
    return createFirstRound(awaited, (gateway) => health.firstRoundOf(gateway));
  }

  /**
   * From now on it has these gateways and rules. What it knows of gateways that stay remains; a new one is used from its
   * first good result on. Where only new ones may be usable, nothing is decided before their first round is over.
   */
  reload(change: Pick<PoolOptions, "gateways" | "flapHold" | "quorum" | "tiers" | "moment" | "spread">): void {
    const { health, linkFaults, emit } = this.#options;
    const { gateways, flapHold, moment, spread } = change;
    const isOther = moment !== this.#options.moment || spread !== this.#options.spread;
    if (isOther) this.#cause = new CommonCause({ moment, spread, linkFaults, emit });
    this.#options = { ...this.#options, ...change };
    this.#reloadTiers();
    this.#holds.reload(flapHold, gateways);
    for (const gateway of this.#lost) if (!gateways.includes(gateway)) this.#lost.delete(gateway);
    this.#unusable = new Map([...this.#unusable].filter(([gateway]) => gateways.includes(gateway)));
    this.#countCycle = createCycleCounter(gateways, (gateway) => health.probersOf(gateway));
    this.#countFirst = this.#createFirstRound();
    if (!this.isKnown && !this.#inService.some((gateway) => this.#isUp(gateway))) {
      this.#firstRoundDone = false;
      this.stop(); // until then nothing is due
    }
    this.#followKnown();
  }

  #reloadTiers(): void {
    const { tiers, emit } = this.#options;
    if (tiers === undefined) this.#tiers = undefined;
    else if (this.#tiers) this.#tiers.reload(tiers, this.#used);
    else {
      this.#tiers = new TierReports(tiers, emit);
      this.#tiers.adopt(this.#used);
    }
  }

  /** Goes on from what is known of its gateways. Where all of them are known, the first round is over. */
  begin(): void {
    this.#followKnown();
  }

  /** Whether it decides by now. */
  get hasBegun(): boolean {
    return this.#firstRoundDone;
  }

  /** Whether nothing has to be found out before it can decide. */
  get isKnown(): boolean {
    const { gateways, health } = this.#options;
    return gateways.every((one) => health.isDrained(one) || health.statusOf(one) !== "unknown");
  }

  #followKnown(): void {
    this.#firstRoundDone ||= this.isKnown;
    if (this.#firstRoundDone) this.#passOn();
  }

  get name(): string | undefined {
    return this.#options.name;
  }

  get gateways(): readonly string[] {
    return this.#options.gateways;
  }

  /** These gateways carry traffic since an earlier run. */
  adopt(gateways: ReadonlySet<string>): void {
    this.#tiers?.adopt(gateways);
  }

  /**
   * A gateway is lost when it goes down or cannot be a nexthop, whichever is first, and is back when both are over. What
   * happens to it while it is drained costs no connection, and does not count.
   */
  turned(gateway: string, before: Status, status: "up" | "down", { detail, seconds }: Outcome): void {
    const isDrained = this.#isDrained(gateway);
    if (!this.#firstRoundDone) this.#firstReasons.set(gateway, detail);
    const isUsable = !isDrained && !this.#unusable.has(gateway);
    if (status === "up") {
      this.#lost.delete(gateway);
      if (this.holdOf(gateway)) this.#upInHold.add(gateway);
      if (isUsable) this.#holds.returned(gateway, steadyNow());
    } else if (before === "up") {
      this.#lost.add(gateway);
      if (isUsable) this.#holds.lost(gateway, steadyNow());
      if (isDrained) return;
      const isLast = !this.#inService.some((one) => this.#isUp(one));
      this.#cause.lost(gateway, isLast, steadyNow() - seconds * 1000);
      if (isLast) setTimeout(this.#options.onAllLost, 0); // the routes come first
    }
  }

  holdOf(gateway: string): Hold | undefined {
    return this.#holds.holdOf(gateway, steadyNow());
  }

  /** Reports the end of a cycle. */
  probed(gateway: string, prober: string, seconds: number): void {
    const cycleSeconds = this.#countCycle(gateway, prober, seconds);
    if (cycleSeconds === undefined) return;
    this.#options.emit({ type: "cycle", seconds: cycleSeconds, up: this.#countUp() });
  }

  /** Passes a change on, unless the first round is not over yet. */
  judged(gateway: string, prober: string, turned: boolean): void {
    if (this.#firstRoundDone) {
      if (turned) this.changed();
    } else if (this.#countFirst(gateway, prober, turned)) {
      this.#firstRoundDone = true;
      this.#reportFirstRound();
      this.#passOn();
    }
  }

  #reportFirstRound(): void {
    const { health, emit } = this.#options;
    const all = this.#inService;
    const down = all.flatMap((gateway) =>
      health.statusOf(gateway) === "down" ? { gateway, detail: this.#firstReasons.get(gateway) ?? "down before" } : [],
    );
    this.#firstReasons.clear();
    emit({ type: "begun", up: all.filter((one) => this.#isUp(one)).length, total: all.length, down });
  }

  /** Passes a change on: at once, or after a moment where no healthy gateway is used. */
  changed(): void {
    if (!this.#firstRoundDone) return;
    const all = this.#inService.every((gateway) => this.#isUp(gateway));
    if (this.#carries() || all) this.#passOn();
    else this.#gathering ??= setTimeout(() => this.#passOn(), GATHER_MS);
  }

  drainsChanged(gateways: readonly string[]): void {
    for (const gateway of gateways) {
      const isBack = !this.#isDrained(gateway) && this.#isUp(gateway) && !this.#unusable.has(gateway);
      if (isBack) this.#holds.returned(gateway, steadyNow());
    }
    if (this.#firstRoundDone) this.#passOn();
  }

  /** Whether a drain of this gateway, which is not drained, would take the last one that the pool can use. */
  isLast(gateway: string): boolean {
    const before = { ...this.state(), healthy: this.#hopeful() };
    const after = { ...before, drained: new Set([...(before.drained ?? []), gateway]) };
    const unusable = new Set(this.#unusable.keys());
    const { quorum, tiers } = this.#options;
    const select = (state: PoolState): Selection => selectGateways(state, quorum, unusable, tiers);
    const left = this.#inService.length - 1;
    return takesLast({ before: select(before), after: select(after), healthy: before.healthy, unusable, left });
  }

  /** What a decision is made on. */
  state(): PoolState {
    const { gateways, health } = this.#options;
    const now = steadyNow();
    const holds = this.#holds.among(this.#healthy, now);
    const leaking = new Set(gateways.filter((gateway) => health.isLeaking(gateway)));
    const drained = new Set(gateways.filter((gateway) => this.#isDrained(gateway)));
    const tiers = this.#tiers && { ...this.#tiers.memory, now };
    const rest = { leaking, ...(drained.size > 0 && { drained }), ...(tiers && { tiers }) };
    return { gateways, healthy: this.#healthy, holds, lost: [...this.#lost], ...rest };
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
    const own = unusable.filter(({ gateway }) => this.gateways.includes(gateway)); // a reload may have left some out
    this.#setUnusable(new Map(own.map(({ gateway, fault }) => [gateway, fault])), now);
    this.#reportHolds(selection, now);
    const { used, held, kept, shortage, standby, drained, tiers } = selection;
    this.#used = used;
    this.#select({ type: "selection", held, kept, shortage, ...(tiers && { standby }), ...(drained && { drained }) });
    if (tiers) this.#tiers?.chosen(tiers, now);
    this.#judgeOutage(used, now);
    clearTimeout(this.#due);
    const ends = held.map((gateway) => this.#holds.among([gateway], now).get(gateway) ?? now);
    const times = tiers?.failback ? [...ends, tiers.failback.at] : ends;
    if (times.length > 0) this.#due = setTimeout(this.#options.onChange, Math.ceil(Math.min(...times) - now));
  }

  /** Before the first round is over nothing is known to be out of service. */
  #judgeOutage(used: readonly string[], now: number): void {
    if (!this.#firstRoundDone) return;
    const inService = new Set(this.#inService);
    const carrying = used.filter((gateway) => !this.#unusable.has(gateway));
    const [total, healthy] = [this.gateways.length, this.#healthy.intersection(inService)];
    this.#reportOutage({ carrying, healthy, total, drained: total - inService.size }, now);
  }

  stop(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    clearTimeout(this.#due);
  }

  #countUp(): number {
    return this.#options.gateways.filter((gateway) => this.#isUp(gateway)).length;
  }

  /** Those that are not drained. */
  get #inService(): readonly string[] {
    return this.#options.gateways.filter((gateway) => !this.#isDrained(gateway));
  }

  /** Those that are up; before the end of the first round also those that may be. */
  #hopeful(): ReadonlySet<string> {
    const { gateways, health } = this.#options;
    const isHopeful = (gateway: string): boolean =>
      this.#isUp(gateway) || (!this.#firstRoundDone && health.statusOf(gateway) === "unknown");
    return new Set(gateways.filter(isHopeful));
  }

  #isDrained(gateway: string): boolean {
    return this.#options.health.isDrained(gateway);
  }

  #isUp(gateway: string): boolean {
    return this.#options.health.statusOf(gateway) === "up";
  }

  /** Whether any of the gateways that are used is healthy. */
  #carries(): boolean {
    const { quorum, tiers } = this.#options;
    const { used } = selectGateways(this.state(), quorum, new Set(this.#unusable.keys()), tiers);
    return used.some((gateway) => this.#healthy.has(gateway));
  }

  #passOn(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    const { gateways, onChange } = this.#options;
    this.#healthy = new Set(gateways.filter((gateway) => this.#isUp(gateway)));
    onChange();
  }

  #setUnusable(now: ReadonlyMap<string, NexthopFault>, time: number): void {
    const before = this.#unusable;
    this.#unusable = now;
    const quiet = (gateways: readonly string[]) =>
      gateways.every((gateway) => this.#holds.isReported(gateway, time)) ? { held: true as const } : {};
    const changed = [...now].filter(([gateway, { detail }]) => before.get(gateway)?.detail !== detail);
    const wasQuiet = quiet(changed.map(([gateway]) => gateway));
    const lost = changed.filter(
      ([gateway]) => this.#isUp(gateway) && !before.has(gateway) && !this.#isDrained(gateway),
    );
    for (const [gateway] of lost) this.#holds.lost(gateway, time);
    for (const group of Map.groupBy(changed, ([, { detail }]) => detail).values()) {
      const gateways = group.map(([gateway]) => gateway);
      this.#options.emit({ type: "unusable", gateways, fault: group[0]![1], count: now.size, ...wasQuiet });
    }
    const usable = [...before.keys()].filter((gateway) => !now.has(gateway));
    for (const gateway of usable) if (this.#isUp(gateway)) this.#holds.returned(gateway, time);
    if (usable.length > 0) {
      this.#options.emit({ type: "usable", gateways: usable, count: now.size, ...quiet(usable) });
    }
  }

  #reportHolds({ held, released }: Selection, now: number): void {
    const { emit } = this.#options;
    this.#holds.release(released, now);
    const before = new Set([...this.#selection.held, ...this.#upInHold]);
    this.#upInHold.clear();
    const over = [...before].filter(
      (gateway) =>
        this.#healthy.has(gateway) &&
        !this.#isDrained(gateway) &&
        !held.includes(gateway) &&
        !released.includes(gateway),
    );
    for (const gateway of released) emit({ type: "released", gateway, early: true });
    for (const gateway of over) emit({ type: "released", gateway, early: false });
    // A gateway that cannot be a nexthop is not used for that reason, which may be no fault of its own.
    for (const gateway of held.filter((one) => !this.#unusable.has(one))) {
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
