import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import { Ddns } from "../ddns/ddns.ts";
import type { LookUpResult } from "../ddns/look-up-result.ts";
import type { EventBus } from "../events/bus.ts";
import type { ExitCheck } from "../exit/exit-check.ts";
import { SLACK_MS } from "../pool/common-cause.ts";
import { Pool } from "../pool/pool.ts";
import type { ProberRule } from "../pool/gateway-health.ts";
import { type Schedule, startSchedules } from "../pool/schedule.ts";
import type { ProbeResult } from "../probe/probe.ts";
import { createKernelEventHandler, type KernelEventHandler } from "../routing/kernel-events.ts";
import type { Kernel, KernelEvent } from "../routing/kernel.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import { Reconciler } from "../routing/reconciler.ts";
import { layoutOf } from "../routing/slots.ts";
import type { Standing } from "../routing/standing.ts";
import { createExitCheck } from "./exit-check.ts";
import { lookUpPath } from "./look-up-paths.ts";
import { createProbers, type GatewayProber } from "./probers.ts";

export interface ControlLoopOptions {
  readonly config: Config;
  /** One of its pools. */
  readonly pool: PoolConfig;
  readonly kernel: Kernel;
  readonly emit: ReturnType<EventBus["inPool"]>;
  /** Called whenever the kernel holds what it should. */
  readonly onSettled: () => void;
}

/**
 * One pool at work, by direct calls: a probe's result goes to the pool, its state to the decision, that to the kernel; what
 * other programs change in the kernel comes back as kernel events. Once the routes are set, the DNS name follows.
 */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #pool: Pool;
  readonly #reconciler: Reconciler;
  readonly #ddns: Ddns | undefined;
  readonly #kernelEvents: KernelEventHandler;
  readonly #probers: readonly GatewayProber[];
  readonly #exitCheck: ExitCheck | undefined;
  #schedule: Schedule | undefined;

  constructor(options: ControlLoopOptions) {
    const { config, pool, kernel, emit, onSettled } = options;
    const { gateways, flapHold } = pool;
    const quorum = { least: pool.minHealthy, policy: pool.minHealthyPolicy };
    const tableRef = tableRefOf(pool);
    const probes = probeTablesOf(config);
    this.#options = options;
    this.#ddns =
      pool.ddnsProvider &&
      new Ddns({
        settings: { ...config.publicIp, ...pool },
        emit,
        pathOf: lookUpPath(config),
        readAddresses: () => kernel.readAddresses(),
      });
    const onLookUp = (gateway: string, result: LookUpResult): void => emit({ type: "public-ip", gateway, result });
    this.#probers = createProbers({
      config,
      emit,
      onLookUp: this.#ddns ? undefined : onLookUp, // which reports its own look-ups
      onFault: (gateway, fault, prober) => this.#pool.setFault(gateway, fault, this.#nameOf(prober)),
    });
    this.#exitCheck = createExitCheck({
      ...{ config, kernel, emit },
      onVerdict: (gateway, leak) => this.#pool.setExit(gateway, leak),
    });
    const [first, ...others] = this.#probers.map(({ rule }) => rule) as [ProberRule, ...ProberRule[]];
    this.#pool = new Pool({
      gateways,
      ...(others.length === 0
        ? { thresholds: first.thresholds }
        : { probers: [first, ...others], requirement: config.gateways[0]!.requirement }),
      flapHold,
      quorum,
      moment: Math.max(...this.#probers.map(({ period, timeout }) => period + timeout)) + SLACK_MS,
      emit,
      onChange: () => this.#reconciler.follow(),
      ...(this.#exitCheck && {
        onExitNeeded: (gateway: string, isNew: boolean) => this.#exitCheck!.check(gateway, isNew),
      }),
      onAllLost: () => this.#reconciler.look(),
    });
    this.#reconciler = new Reconciler({
      kernel,
      pool: this.#pool,
      layout: layoutOf(gateways),
      destinations: destinationsOf(pool, addressesOf(config)),
      tableRef,
      probes,
      whenNoGateways: pool.whenNoGateways,
      quorum,
      emit,
      onAddresses: (addresses) => this.#ddns?.setAddresses(addresses),
      onRouted: (active) => this.#ddns?.setActive(active, this.#pool.kept),
      onSettled,
    });
    this.#kernelEvents = createKernelEventHandler({
      isOwnTable: (table) => table === tableRef.table || (probes !== undefined && isProbeTable(table, probes)),
      gateways,
      isPath: (device) => this.#reconciler.isPath(device),
      look: (cause) => this.#reconciler.look(cause),
      probeAll: () => this.#schedule?.probeAll(),
    });
  }

  get standing(): Standing {
    return this.#reconciler.standing;
  }

  /** Reads the kernel without changing it, and goes on from what an earlier run left; returns how many gateways carry traffic. */
  async adopt(): Promise<number> {
    const adopted = await this.#reconciler.adopt();
    this.#pool.adopt(adopted);
    return adopted.size;
  }

  /** Rejects managed destinations from now on until gateways can be used, and makes the routes for probes, where asked for. */
  prepare(): Promise<void> {
    return this.#reconciler.prepare();
  }

  /** Begins to probe. */
  start(): void {
    const { gateways } = this.#options.pool;
    this.#exitCheck?.start();
    this.#schedule = startSchedules(
      this.#probers.map(({ rule, probe, period, fastPeriod }) => {
        const prober = this.#nameOf(rule.name);
        return {
          ...{ gateways, probe, period, fastPeriod },
          isBetweenStates: (gateway: string) => this.#pool.isBetweenStates(gateway, prober),
          onResult: (gateway: string, result: ProbeResult, extra: boolean) =>
            this.#pool.record(gateway, result, extra, prober),
        };
      }),
    );
  }

  /** What the pool calls a prober; the only one has no name. */
  #nameOf(prober: string): string | undefined {
    return this.#probers.length === 1 ? undefined : prober;
  }

  /** Another program, or the kernel itself, changed something. */
  onKernelEvent(event: KernelEvent): void {
    this.#kernelEvents.onKernelEvent(event);
  }

  /** Stops to probe, and leaves the DNS name as it is. */
  stop(): void {
    this.#schedule?.stop();
    this.#exitCheck?.stop();
    this.#kernelEvents.stop();
    this.#pool.stop();
    this.#ddns?.stop();
  }

  /** Takes everything out of the kernel; resolves to whether that is done, at `deadline` at the latest (steady clock). */
  remove(deadline: number): Promise<boolean> {
    return this.#reconciler.remove(deadline);
  }

  /** Leaves everything in the kernel as it is; resolves when no change is under way any more, or at `deadline`. */
  leave(deadline: number): Promise<void> {
    return this.#reconciler.leave(deadline);
  }
}
