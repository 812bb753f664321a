import { familyOf } from "../net/address.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { createCycleCounter } from "./cycles.ts";
import type { EmitPool, Hold, PoolCount } from "./events.ts";
import { type Change, GatewayHealth, type ProberRule, type Requirement, type Status } from "./gateway-health.ts";
import type { LeakFault } from "./leak.ts";
import type { QualityFault } from "./quality-triggers.ts";

/** Stands for the question for the exit among the probers of the first round; no prober has this name. */
export const EXIT = "exit ";

/** How one gateway is judged. */
export interface GatewayRules {
  readonly probers: readonly [ProberRule, ...ProberRule[]];
  /** `all` by default. */
  readonly requirement?: Requirement;
  /** Whether its exit matters, where exits do: so by default. */
  readonly checksExit?: boolean;
}

export interface GatewaysOptions {
  /** By the address of each, in their order. */
  readonly gateways: ReadonlyMap<string, GatewayRules>;
  readonly emit: EmitPool;
  /** Whether cycles of all gateways are reported. The one pool without a name reports its own, which are the same. */
  readonly reportsCycles?: boolean;
  /** Those that are drained from the start on. */
  readonly drained?: ReadonlySet<string> | undefined;
  /**
   * Called when a gateway can be up only after its exit was asked for (`setExit`), and again with each of its results until
   * then: `isNew` the first time. Undefined where exits do not matter.
   */
  readonly onExitNeeded?: ((gateway: string, isNew: boolean) => void) | undefined;
}

/** The result that turned a gateway. */
export interface Outcome {
  readonly detail: string;
  /** How long ago its probe was begun. */
  readonly seconds: number;
}

/** A pool, as far as it follows its gateways. All pools learn of a change before any of them decides. */
export interface GatewayFollower {
  readonly name: string | undefined;
  readonly gateways: readonly string[];
  /** Whether its first round of probes is over. */
  readonly hasBegun: boolean;
  turned(gateway: string, before: Status, status: "up" | "down", result: Outcome): void;
  /** The hold of a gateway that flaps; undefined where it is not held. */
  holdOf(gateway: string): Hold | undefined;
  /** A probe has ended that took so many seconds. */
  probed(gateway: string, prober: string, seconds: number): void;
  /** All pools know of the result; `turned` is whether it turned the gateway. */
  judged(gateway: string, prober: string, turned: boolean): void;
  /** Another decision may be due. */
  changed(): void;
  /** These gateways of the pool have been drained, or no longer are: another decision is due at once. */
  drainsChanged(gateways: readonly string[]): void;
}

/** What pools ask of their gateways. */
export interface GatewayStates {
  statusOf(gateway: string): Status;
  isLeaking(gateway: string): boolean;
  /** Whether it is taken out of all pools for maintenance. */
  isDrained(gateway: string): boolean;
  /** Names of what has to have a result before the first round is over. */
  firstRoundOf(gateway: string): readonly string[];
  /** Names of its probers. */
  probersOf(gateway: string): readonly string[];
}

/**
 * The health of all gateways. Each is probed once, whatever pools use it: results are recorded here, and passed on by
 * direct calls to the pools that have the gateway.
 */
export class Gateways implements GatewayStates {
  #options: GatewaysOptions;
  #health: ReadonlyMap<string, GatewayHealth>;
  #countCycle: ReturnType<typeof createCycleCounter> | undefined;
  #drained: ReadonlySet<string>;
  /** Gateways whose last hold was reported together with the loss that began it. */
  readonly #reportedHolds = new Set<string>();
  /** By gateway. */
  readonly #followers = new Map<string, readonly GatewayFollower[]>();

  constructor(options: GatewaysOptions) {
    this.#options = options;
    this.#drained = options.drained ?? new Set();
    this.#countCycle = this.#createCycleCounter();
    this.#health = new Map(
      [...options.gateways].map(([gateway, { probers, requirement = "all" }]) => [
        gateway,
        new GatewayHealth(probers, requirement, this.#checksExit(gateway)),
      ]),
    );
  }

  /** Whether a gateway can be up only after its exit was asked for. */
  #checksExit(gateway: string): boolean {
    const { onExitNeeded, gateways } = this.#options;
    return onExitNeeded !== undefined && gateways.get(gateway)!.checksExit !== false;
  }

  #createCycleCounter(): ReturnType<typeof createCycleCounter> | undefined {
    const { reportsCycles, gateways } = this.#options;
    return reportsCycles ? createCycleCounter([...gateways.keys()], (gateway) => this.probersOf(gateway)) : undefined;
  }

  /**
   * From now on there are these gateways and rules. What is known of a gateway stays, as far as its probers ask for the same
   * as before. No pool follows them any more.
   *
   * @param isFresh whether a prober asks for something else of a gateway, or through another path
   */
  reload(
    change: Pick<GatewaysOptions, "gateways" | "reportsCycles" | "onExitNeeded">,
    isFresh: (gateway: string, prober: string) => boolean,
  ): void {
    const { gateways } = change;
    this.#options = { ...this.#options, ...change };
    this.#health = new Map(
      [...gateways].map(([gateway, { probers, requirement = "all" }]) => {
        const fresh = new Set(probers.flatMap(({ name }) => (isFresh(gateway, name) ? name : [])));
        const before = this.#health.get(gateway);
        const checksExit = this.#checksExit(gateway);
        const health =
          before?.under(probers, requirement, checksExit, fresh) ?? new GatewayHealth(probers, requirement, checksExit);
        return [gateway, health];
      }),
    );
    this.#countCycle = this.#createCycleCounter();
    for (const gateway of this.#reportedHolds) if (!gateways.has(gateway)) this.#reportedHolds.delete(gateway);
    this.#followers.clear();
  }

  /** From now on this pool follows its gateways. */
  addFollower(follower: GatewayFollower): void {
    for (const gateway of follower.gateways) {
      this.#followers.set(gateway, [...this.#followersOf(gateway), follower]);
    }
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
  record(gateway: string, result: ProbeResult, extra = false, prober = this.#onlyProberOf(gateway)): void {
    const health = this.#health.get(gateway)!;
    const [seen, awaited] = [health.statusBy(prober), health.awaitsExit];
    const change = health.record(prober, result, extra);
    const named = this.#hasSeveral(gateway) ? { prober } : {};
    this.#options.emit({ type: "probe", gateway, ...named, result, failures: change.failures });
    this.#reportProber(gateway, prober, seen);
    const turned = this.#turn(gateway, change, result.seconds);
    this.#reportCycle(gateway, prober, result.seconds);
    for (const pool of this.#followersOf(gateway)) pool.probed(gateway, prober, result.seconds);
    this.#pass(gateway, prober, turned);
    if (health.awaitsExit) this.#options.onExitNeeded?.(gateway, !awaited);
  }

  /** The exit of a gateway was asked for: it leaks, so that it is down and not even used for want of others, or does not. */
  setExit(gateway: string, leak: LeakFault | undefined): void {
    this.#pass(gateway, EXIT, this.#turn(gateway, this.#health.get(gateway)!.setExit(leak)));
  }

  /** The quality that a prober has measured has this fault from now on, or none any more: the gateway counts as failed. */
  setFault(gateway: string, fault: QualityFault | undefined, prober = this.#onlyProberOf(gateway)): void {
    const health = this.#health.get(gateway)!;
    const [seen, awaited] = [health.statusBy(prober), health.awaitsExit];
    const change = health.setFault(prober, fault);
    this.#reportProber(gateway, prober, seen);
    if (this.#turn(gateway, change)) for (const pool of this.#followersOf(gateway)) pool.changed();
    if (health.awaitsExit && !awaited) this.#options.onExitNeeded?.(gateway, true);
  }

  /** From now on these gateways, and no others, are taken out of all pools. They are probed like the others. */
  setDrained(drained: ReadonlySet<string>): void {
    this.passDrains(this.replaceDrained(drained));
  }

  /** The same without another decision of any pool, which `passDrains` makes due; returns the gateways that this concerns. */
  replaceDrained(drained: ReadonlySet<string>): ReadonlySet<string> {
    const changed = drained.symmetricDifference(this.#drained);
    this.#drained = drained;
    return changed;
  }

  /** These gateways have been drained, or are not any more. */
  passDrains(changed: ReadonlySet<string>): void {
    const followers = new Set([...changed].flatMap((gateway) => this.#followersOf(gateway)));
    for (const pool of followers) pool.drainsChanged(pool.gateways.filter((gateway) => changed.has(gateway)));
  }

  /** Whether the next results of a gateway may turn its state, as this prober sees it. */
  isBetweenStates(gateway: string, prober = this.#onlyProberOf(gateway)): boolean {
    return this.#health.get(gateway)!.isBetweenStates(prober);
  }

  statusOf(gateway: string): Status {
    return this.#health.get(gateway)?.status ?? "unknown"; // that of a pool which goes may be gone already
  }

  isLeaking(gateway: string): boolean {
    return this.#health.get(gateway)?.isLeaking ?? false;
  }

  isDrained(gateway: string): boolean {
    return this.#drained.has(gateway);
  }

  probersOf(gateway: string): readonly string[] {
    return this.#options.gateways.get(gateway)!.probers.map(({ name }) => name);
  }

  firstRoundOf(gateway: string): readonly string[] {
    return [...this.probersOf(gateway), ...(this.#checksExit(gateway) ? [EXIT] : [])];
  }

  #onlyProberOf(gateway: string): string {
    return this.#options.gateways.get(gateway)!.probers[0].name;
  }

  #hasSeveral(gateway: string): boolean {
    return this.#options.gateways.get(gateway)!.probers.length > 1;
  }

  #followersOf(gateway: string): readonly GatewayFollower[] {
    return this.#followers.get(gateway) ?? [];
  }

  #pass(gateway: string, prober: string, turned: boolean): void {
    for (const pool of this.#followersOf(gateway)) pool.judged(gateway, prober, turned);
  }

  /** Where there are several probers, reports that one of them sees the gateway differently from before. */
  #reportProber(gateway: string, prober: string, before: Status): void {
    const status = this.#health.get(gateway)!.statusBy(prober);
    if (!this.#hasSeveral(gateway) || status === before || status === "unknown") return;
    this.#options.emit({ type: "prober", gateway, prober, status });
  }

  #reportCycle(gateway: string, prober: string, took: number): void {
    const seconds = this.#countCycle?.(gateway, prober, took);
    if (seconds === undefined) return;
    this.#options.emit({ type: "cycle", seconds, up: this.#count([...this.#health.keys()]).up });
  }

  /** Follows a change; returns whether the gateway came up or went down. */
  #turn(gateway: string, { before, after: status, detail }: Change, seconds = 0): boolean {
    if (status === before || status === "unknown") return false;
    const followers = this.#followersOf(gateway);
    const circumstances = this.#circumstances(gateway, before, followers);
    const wasHeld = shortestHold(followers, gateway) !== undefined;
    for (const pool of followers) pool.turned(gateway, before, status, { detail, seconds });
    const hold = shortestHold(followers, gateway);
    const flaps = status === "down" && !wasHeld && hold !== undefined ? { flaps: hold } : {};
    const isReported = wasHeld && this.#reportedHolds.has(gateway);
    if ("flaps" in flaps) this.#reportedHolds.add(gateway);
    else if (!isReported) this.#reportedHolds.delete(gateway);
    const named = followers.flatMap(({ name, gateways }) =>
      name === undefined ? [] : { pool: name, ...this.#count(gateways) },
    );
    const family = familyOf(gateway);
    const alike = [...this.#health.keys()].filter((one) => familyOf(one) === family);
    const counts = { ...this.#count(alike), ...(named.length > 0 && { pools: named }) };
    const more = { ...counts, ...circumstances, ...(isReported && { held: true as const }), ...flaps };
    this.#options.emit({ type: "gateway", gateway, before, status, detail, ...more });
    return true;
  }

  #circumstances(gateway: string, before: Status, followers: readonly GatewayFollower[]) {
    const isFirst = before === "unknown" && followers.some(({ hasBegun }) => !hasBegun);
    return { ...(isFirst && { first: true as const }), ...(this.isDrained(gateway) && { isDrained: true as const }) };
  }

  #count(gateways: readonly string[]): Omit<PoolCount, "pool"> {
    const statuses = gateways.map((gateway) => this.statusOf(gateway));
    const count = (wanted: Status): number => statuses.filter((status) => status === wanted).length;
    return { up: count("up"), down: count("down"), total: gateways.length };
  }
}

/** The hold of a gateway that none of its pools uses since it flaps, as the first of them ends; undefined without one. */
function shortestHold(pools: readonly GatewayFollower[], gateway: string): Hold | undefined {
  const holds = pools.flatMap((pool) => pool.holdOf(gateway) ?? []);
  if (pools.length === 0 || holds.length < pools.length) return undefined;
  return holds.reduce((one, other) => (other.waitMs < one.waitMs ? other : one));
}
