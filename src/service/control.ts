import { addressesOf, type Config, probeTablesOf } from "../config/model.ts";
import type { EventBus } from "../events/bus.ts";
import { createKernelEventHandler, type KernelEventHandler } from "../routing/kernel-events.ts";
import { jointKernel } from "../routing/joint-kernel.ts";
import type { Kernel, KernelEvent } from "../routing/kernel.ts";
import type { Standing } from "../routing/standing.ts";
import { steadyNow } from "../time/clock.ts";
import { ControlLoop } from "./control-loop.ts";
import { GatewayMonitor } from "./gateway-monitor.ts";
import { createOtherPools } from "./other-pools.ts";

export interface ControlOptions {
  readonly config: Config;
  readonly kernel: Kernel;
  readonly bus: Pick<EventBus, "emit" | "inPool">;
  /** Gateways that are drained from the start on. */
  readonly drained?: ReadonlySet<string> | undefined;
  /** Called whenever the kernel holds what it should for one of the pools. */
  readonly onSettled: () => void;
}

/**
 * A stop takes milliseconds, and on a machine that is busy with its shutdown much longer; service managers and containers
 * wait for five seconds at least before they kill.
 */
const REMOVAL_LIMIT_MS = 2500;

/**
 * The gateways and all pools at work. What probes show goes to the pools, and what other programs change in the kernel comes
 * back as kernel events.
 */
export class Control {
  readonly #monitor: GatewayMonitor;
  readonly #loops: readonly ControlLoop[];
  /** In the order in which the kernel asks them: changes of several pools at once are made in this order. */
  readonly #inOrder: readonly ControlLoop[];
  readonly #kernelEvents: KernelEventHandler;

  constructor({ config, kernel, bus, drained, onSettled }: ControlOptions) {
    const monitor = new GatewayMonitor({ config, kernel, drained, emit: bus.emit });
    this.#monitor = monitor;
    const several = config.pools.length > 1;
    const common = { config, monitor, onSettled, kernel: several ? jointKernel(kernel) : kernel };
    const othersOf = createOtherPools(probeTablesOf(config)?.targets ?? [], () => this.#loops[0]?.look("entries"));
    // The first one has the routes for probes.
    this.#loops = config.pools.map((pool, index) => {
      const others = several ? othersOf(index) : undefined;
      return new ControlLoop({
        ...common,
        pool,
        hasProbes: index === 0,
        others,
        emit: bus.inPool(pool.name),
        emitOfMachine: bus.emit,
      });
    });
    this.#inOrder = this.#loops.toSorted((one, other) => one.preference - other.preference);
    this.#kernelEvents = createKernelEventHandler({
      isOwnTable: (table) => this.#loops.some((loop) => loop.hasAnyOf(new Set([table]))),
      gateways: addressesOf(config),
      isPath: (device) => this.#loops.some((loop) => loop.isPath(device)),
      look: (cause, tables) => {
        for (const loop of this.#inOrder) if (!tables || loop.hasAnyOf(tables)) loop.look(cause);
      },
      probeAll: () => monitor.probeAll(),
    });
  }

  /** Of each pool, in their order. */
  get standings(): readonly Standing[] {
    return this.#loops.map(({ standing }) => standing);
  }

  /** From now on these gateways, and no others, are taken out of all pools. */
  setDrained(drained: ReadonlySet<string>): void {
    this.#monitor.health.setDrained(drained);
  }

  /** The pools that have a gateway. */
  poolsWith(gateway: string): readonly ControlLoop[] {
    return this.#loops.filter(({ gateways }) => gateways.includes(gateway));
  }

  /** Reads the kernel without changing it, and goes on from what an earlier run left; returns how many gateways of each pool carry traffic. */
  async adopt(): Promise<readonly number[]> {
    const adopted = await Promise.all(this.#loops.map((loop) => loop.adopt()));
    this.#monitor.health.adopt(new Set(adopted.flatMap((gateways) => [...gateways])));
    return adopted.map(({ size }) => size);
  }

  /** Makes what has to stand before the first probe. */
  async prepare(): Promise<void> {
    await Promise.all(this.#inOrder.map((loop) => loop.prepare()));
  }

  /** Begins to probe. */
  start(): void {
    this.#monitor.start();
  }

  /** Another program, or the kernel itself, changed something. */
  onKernelEvent(event: KernelEvent): void {
    this.#kernelEvents.onKernelEvent(event);
  }

  /** Stops to probe, and leaves the DNS names as they are. */
  stop(): void {
    this.#monitor.stop();
    this.#kernelEvents.stop();
    for (const loop of this.#loops) loop.stop();
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
    await Promise.all(this.#loops.map((loop) => loop.leave(deadline)));
    return true;
  }
}
