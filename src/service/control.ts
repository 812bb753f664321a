import { memberAddresses } from "../config/families.ts";
import { addressesOf, type Config, type PoolConfig, probeTablesOf } from "../config/model.ts";
import type { EventBus } from "../events/bus.ts";
import type { Family } from "../net/address.ts";
import { type Cidr, formatCidr } from "../net/cidr.ts";
import { jointKernel } from "../routing/joint-kernel.ts";
import { createKernelEventHandler, type KernelEventHandler } from "../routing/kernel-events.ts";
import type { Kernel, KernelEvent } from "../routing/kernel.ts";
import type { PoolStanding } from "../routing/standing.ts";
import { steadyNow } from "../time/clock.ts";
import { ControlLoop } from "./control-loop.ts";
import { GatewayMonitor } from "./gateway-monitor.ts";
import { LookUps } from "./look-ups.ts";
import { createOtherPools, type SharedPool } from "./other-pools.ts";
import { PoolAtWork } from "./pool-at-work.ts";
import { compareMoves, type FamilyTask, keyOf, replacedBy, tasksOf, withProbes } from "./succession.ts";

export interface ControlOptions {
  readonly config: Config;
  readonly kernel: Kernel;
  readonly bus: Pick<EventBus, "emit" | "inPool">;
  /** Gateways that are drained from the start on. */
  readonly drained?: ReadonlySet<string> | undefined;
  /** Called when other gateways of a pool are usable than before. */
  readonly onUsable?: () => void;
  /** Called whenever the kernel holds what it should for one of the pools. */
  readonly onSettled: () => void;
  /** Called when a pool that the configuration no longer has is out of the kernel. */
  readonly onRemoved?: () => void;
}

function isSameAs(network: Cidr): (other: Cidr) => boolean {
  return (other) => formatCidr(other) === formatCidr(network);
}

/** How the kernel follows a reload. */
export interface Reloaded {
  readonly standings: readonly { readonly name: string | undefined; readonly standing: PoolStanding }[];
  /** Names of pools that are still to be removed from the kernel. */
  readonly remaining: readonly (string | undefined)[];
}

/**
 * A stop takes milliseconds, and on a machine that is busy with its shutdown much longer; service managers and containers
 * wait for five seconds at least before they kill.
 */
const REMOVAL_LIMIT_MS = 2500;

/** So long pools wait for each other at a start. */
const HAND_OVER_LIMIT_MS = 10_000;

/** Wait before the next try to remove a pool from the kernel. */
const REMOVAL_PAUSE_MS = 5000;

/**
 * The gateways and all pools at work. What probes show goes to the pools, and what other programs change in the kernel comes
 * back as kernel events.
 */
export class Control {
  readonly #options: ControlOptions;
  readonly #kernel: Kernel;
  readonly #monitor: GatewayMonitor;
  readonly #lookUps: LookUps;
  readonly #shareWithOthers: Readonly<Record<Family, () => SharedPool>> | undefined;
  #config: Config;
  #loops: readonly ControlLoop[];
  /**
   * Pools that the configuration no longer has, until they are out of the kernel, each with the one that replaces it, if
   * one does.
   */
  readonly #leaving = new Map<ControlLoop, ControlLoop | undefined>();
  #kernelEvents: KernelEventHandler;
  #isStopped = false;

  constructor(options: ControlOptions) {
    const { config, kernel, bus, drained } = options;
    this.#options = options;
    this.#config = config;
    this.#monitor = new GatewayMonitor({ config, kernel, drained, emit: bus.emit });
    this.#lookUps = new LookUps(config, bus.emit);
    const maySeveral = config.pools.length > 1 || config.service.config !== undefined;
    const tasks = withProbes(tasksOf(config));
    this.#kernel = maySeveral || tasks.length > 1 ? jointKernel(kernel) : kernel;
    this.#shareWithOthers = maySeveral ? { 4: this.#createOthers(4), 6: this.#createOthers(6) } : undefined;
    this.#loops = tasks.map((task) => this.#createLoop(task));
    this.#kernelEvents = this.#createKernelEvents();
  }

  #createOthers(family: Family): () => SharedPool {
    const targets = () => probeTablesOf(this.#config, family)?.targets ?? [];
    return createOtherPools(targets, () => this.#probesOwner(family)?.look("entries"));
  }

  #createLoop(task: FamilyTask): ControlLoop {
    const { bus, onUsable, onSettled } = this.#options;
    return new ControlLoop({
      ...task,
      ...{ kernel: this.#kernel, monitor: this.#monitor, lookUps: this.#lookUps },
      ...{ onUsable, onSettled, others: this.#shareWithOthers?.[task.family]() },
      emit: bus.inPool(task.pool.name, task.family),
      emitOfMachine: bus.emit,
    });
  }

  #createKernelEvents(): KernelEventHandler {
    return createKernelEventHandler({
      isOwnTable: (table) => this.#inOrder.some((loop) => loop.hasAnyOf(new Set([table]))),
      gateways: addressesOf(this.#config),
      isMarker: (destination) => this.#config.pools.some(({ markerRoute }) => markerRoute.some(isSameAs(destination))),
      isPath: (device) => this.#inOrder.some((loop) => loop.isPath(device)),
      look: (cause, tables) => {
        for (const loop of this.#inOrder) if (!tables || loop.hasAnyOf(tables)) loop.look(cause);
      },
      probeAll: () => this.#monitor.probeAll(),
    });
  }

  #probesOwner(of: Family): ControlLoop | undefined {
    return this.#loops.find(({ family, task }) => family === of && task.hasProbes);
  }

  /**
   * All pools, also those that go, in the order in which the kernel asks them: changes of several pools at once are made in
   * this order.
   */
  get #inOrder(): readonly ControlLoop[] {
    return [...this.#loops, ...this.#leaving.keys()].toSorted((one, other) => one.preference - other.preference);
  }

  /**
   * From now on this is the configuration, whose pools have places beside those that run. What does not change goes on. New
   * pools begin before others are removed, so that packets which one of them takes over from another go nowhere else.
   *
   * @returns how each new or changed pool stands, and the pools that could not be removed yet, at `deadline` (steady clock)
   */
  async reload(config: Config, drained: ReadonlySet<string>, deadline: number): Promise<Reloaded> {
    const former = this.#config;
    this.#config = config;
    const drains = this.#monitor.health.replaceDrained(drained);
    this.#monitor.reload(config);
    this.#lookUps.reload(config);
    const { added, leaving } = this.#replaceLoops(former, config);
    this.#monitor.health.passDrains(drains); // to pools that have the gateways by now which come for these
    this.#kernelEvents.stop();
    this.#kernelEvents = this.#createKernelEvents();
    const replaced = new Map(added.map((loop) => [loop, replacedBy(loop, leaving)]));
    for (const [loop, before] of replaced) if (before) this.#leaving.set(before, loop);
    await Promise.all(added.map((loop) => loop.begin(replaced.get(loop), deadline)));
    for (const loop of this.#loops) if (!added.includes(loop)) loop.look("paths"); // an event may have been lost
    const standings = await Promise.all(this.pools.map((pool) => pool.settled(deadline)));
    for (const [loop, before] of replaced) if (before === undefined) loop.standAlone();
    const limit = steadyNow() + REMOVAL_LIMIT_MS;
    const ended = Promise.all(
      this.pools.map(async (pool, index) => {
        const letGo = this.#loopsOf(pool.name).filter((loop) => loop.letGo());
        return { name: pool.name, standing: letGo.length > 0 ? await pool.settled(limit) : standings[index]! };
      }),
    );
    // The last one first: its rules match the packets of the others as well.
    const last = leaving.toSorted((one, other) => other.preference - one.preference);
    const removed = await Promise.all(last.map((loop) => this.#dismiss(loop, limit)));
    this.#options.onUsable?.(); // of pools that are new, or have other gateways
    const remaining = new Set(last.flatMap(({ name }, index) => (removed[index] ? [] : [name])));
    return { standings: await ended, remaining: [...remaining] };
  }

  /** Gives each family of a pool a loop: that with its name and its table, if there is one, or else a new one. */
  #replaceLoops(former: Config, config: Config) {
    const before = this.#loops;
    const known = new Map(before.map((loop) => [keyOf({ family: loop.family, pool: loop.task.pool }), loop]));
    const loopOf = (task: FamilyTask): ControlLoop | undefined => known.get(keyOf(task));
    const plain = tasksOf(config);
    const staying = plain.map(loopOf);
    const tasks = withProbes(plain, (task) => loopOf(task)?.task.hasProbes === true, former);
    const leaving = before.filter((loop) => !staying.includes(loop));
    for (const loop of leaving) {
      this.#leaving.set(loop, undefined);
      loop.retire(tasks.some(({ family }) => family === loop.family));
    }
    this.#loops = tasks.map((task, index) => staying[index] ?? this.#createLoop(task));
    const moves = tasks.flatMap((task, index) => {
      const loop = staying[index];
      return loop ? { loop, task } : [];
    });
    for (const { loop, task } of moves.sort(compareMoves)) loop.reload(task);
    return { leaving, added: this.#loops.filter((loop) => !before.includes(loop)) };
  }

  /** Takes a pool out of the kernel, once that which replaces it is there; where that fails, again and again. */
  async #dismiss(loop: ControlLoop, deadline: number): Promise<boolean> {
    const isNeeded = this.#leaving.get(loop)?.standing.ok === false;
    const clean = !isNeeded && (await loop.remove(deadline));
    if (!clean) setTimeout(() => void this.#tryAgain(loop), REMOVAL_PAUSE_MS);
    if (clean) this.#forget(loop);
    return clean;
  }

  async #tryAgain(loop: ControlLoop): Promise<void> {
    if (this.#leaving.has(loop) && !this.#isStopped) await this.#dismiss(loop, steadyNow() + REMOVAL_LIMIT_MS);
  }

  #forget(loop: ControlLoop): void {
    this.#leaving.delete(loop);
    loop.end(steadyNow() + REMOVAL_LIMIT_MS);
    this.#options.onRemoved?.();
  }

  /** Pools that the configuration no longer has, and that are still in the kernel. */
  get leaving(): readonly PoolConfig[] {
    return [...new Map([...this.#leaving.keys()].map(({ task: { pool } }) => [pool.table, pool])).values()];
  }

  /** Of each pool, in their order. */
  get standings(): readonly PoolStanding[] {
    return this.pools.map(({ standing }) => standing);
  }

  /** The pools of the configuration as wholes, in their order. */
  get pools(): readonly PoolAtWork[] {
    return this.#config.pools.map((pool) => new PoolAtWork(pool, this.#loopsOf(pool.name)));
  }

  #loopsOf(pool: string | undefined): readonly ControlLoop[] {
    return this.#loops.filter(({ name }) => name === pool);
  }

  /** From now on these gateways, and no others, are taken out of all pools. */
  setDrained(drained: ReadonlySet<string>): void {
    this.#monitor.health.setDrained(drained);
  }

  /** The pools that have a gateway, by any of its addresses. */
  poolsWith(gateway: string): readonly PoolAtWork[] {
    return this.pools.filter((pool) => pool.addressesOf(gateway).length > 0);
  }

  /**
   * Reads the kernel without changing it, and goes on from what an earlier run left; returns how many gateways of each pool
   * carry traffic.
   */
  async adopt(): Promise<readonly number[]> {
    const adopted = new Map(await Promise.all(this.#loops.map(async (loop) => [loop, await loop.adopt()] as const)));
    this.#monitor.health.adopt(new Set([...adopted.values()].flatMap((gateways) => [...gateways])));
    return this.#config.pools.map(({ name, members }) => {
      const carrying = new Set(this.#loopsOf(name).flatMap((loop) => [...adopted.get(loop)!]));
      return members.filter((member) => memberAddresses(member).some((one) => carrying.has(one))).length;
    });
  }

  /** Makes what has to stand before the first probe. */
  async prepare(): Promise<void> {
    await Promise.all(this.#inOrder.map((loop) => loop.prepare()));
  }

  /** Begins to probe. */
  start(): void {
    this.#monitor.start();
    if (this.#loops.some(({ holdsOn }) => holdsOn)) void this.#handOver(this.#config);
  }

  /** Packets that an earlier run gave to another pool stay there until all pools have what they get, unless a reload does that. */
  async #handOver(config: Config): Promise<void> {
    const deadline = steadyNow() + HAND_OVER_LIMIT_MS;
    await Promise.all(this.#loops.map((loop) => loop.settled(deadline)));
    if (this.#config !== config || this.#isStopped) return;
    for (const loop of this.#loops) loop.letGo();
  }

  /** Another program, or the kernel itself, changed something. */
  onKernelEvent(event: KernelEvent): void {
    this.#kernelEvents.onKernelEvent(event);
  }

  /** Stops to probe, and leaves the DNS names as they are. */
  stop(): void {
    this.#isStopped = true;
    this.#monitor.stop();
    this.#kernelEvents.stop();
    for (const loop of this.#inOrder) loop.stop();
  }

  /** Takes everything out of the kernel; resolves to whether that is done. */
  async removeAll(): Promise<boolean> {
    const deadline = steadyNow() + REMOVAL_LIMIT_MS;
    // The last one first: its rules match the packets of the others as well.
    const clean = await Promise.all(this.#inOrder.toReversed().map((loop) => loop.remove(deadline)));
    return clean.every(Boolean);
  }

  /** Leaves everything in the kernel as it is; resolves when no change is under way any more. */
  async leaveAll(): Promise<true> {
    const deadline = steadyNow() + REMOVAL_LIMIT_MS;
    await Promise.all(this.#inOrder.map((loop) => loop.leave(deadline)));
    return true;
  }
}
