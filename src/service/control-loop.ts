import { destinationsOf } from "../config/destinations.ts";
import { addressesOf, type Config, type PoolConfig, probeTablesOf, tableRefOf } from "../config/model.ts";
import { tierRulesOf } from "../config/tiers.ts";
import { Ddns } from "../ddns/ddns.ts";
import type { EventBus } from "../events/bus.ts";
import { Pool } from "../pool/pool.ts";
import type { Kernel } from "../routing/kernel.ts";
import { type LookCause, type OtherPools, Reconciler } from "../routing/reconciler.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import { layoutOf } from "../routing/slots.ts";
import type { ProbeTables } from "../routing/types.ts";
import type { Standing } from "../routing/standing.ts";
import type { GatewayMonitor } from "./gateway-monitor.ts";
import { lookUpPath } from "./look-up-paths.ts";

export interface ControlLoopOptions {
  readonly config: Config;
  /** One of its pools. */
  readonly pool: PoolConfig;
  readonly kernel: Kernel;
  /** What probes the gateways, of which this pool has some. */
  readonly monitor: GatewayMonitor;
  readonly emit: ReturnType<EventBus["inPool"]>;
  /** Reports what belongs to no pool. */
  readonly emitOfMachine: EventBus["emit"];
  /** Whether it has the routes for probes through all gateways, its own or not. */
  readonly hasProbes: boolean;
  readonly others: OtherPools | undefined;
  /** Called whenever the kernel holds what it should. */
  readonly onSettled: () => void;
}

/**
 * One pool at work, by direct calls: what probes show of a gateway goes to the pool, its state to the decision, that to the
 * kernel. Once the routes are set, the DNS name follows.
 */
export class ControlLoop {
  /** Of the rules into its table. */
  readonly preference: number;
  readonly #tables: { readonly table: number; readonly probes: ProbeTables | undefined };
  readonly #pool: Pool;
  readonly #reconciler: Reconciler;
  readonly #ddns: Ddns | undefined;

  constructor(options: ControlLoopOptions) {
    const { config, pool, kernel, monitor, hasProbes, others, emit, emitOfMachine, onSettled } = options;
    const { name, gateways, members, flapHold, preference } = pool;
    this.preference = preference;
    this.#tables = { table: pool.table, probes: hasProbes ? probeTablesOf(config) : undefined };
    const quorum = { least: pool.minHealthy, policy: pool.minHealthyPolicy };
    const tiers = tierRulesOf(pool);
    this.#ddns =
      pool.ddnsProvider &&
      new Ddns({
        settings: { ...config.publicIp, ...pool },
        emit,
        pathOf: lookUpPath(config),
        readAddresses: () => kernel.readAddresses(),
      });
    this.#pool = new Pool({
      ...{ name, gateways, flapHold, quorum, tiers, emit },
      ...{ health: monitor.health, linkFaults: monitor.linkFaults, moment: monitor.momentOf(gateways) },
      onChange: () => this.#reconciler.follow(),
      onAllLost: () => this.#reconciler.look(),
    });
    this.#reconciler = new Reconciler({
      ...{ kernel, pool: this.#pool, quorum, others, onSettled },
      emit(event) {
        if (event.type !== "link-skipped") emit(event);
        else if (hasProbes) emitOfMachine(event); // all pools read the same interfaces
      },
      layout: layoutOf(
        gateways,
        members.map(({ weight }) => weight),
      ),
      tiers,
      destinations: destinationsOf(pool, addressesOf(config)),
      tableRef: tableRefOf(pool),
      probes: this.#tables.probes,
      probed: hasProbes ? addressesOf(config) : undefined,
      whenNoGateways: pool.whenNoGateways,
      onAddresses: (addresses) => this.#ddns?.setAddresses(addresses),
      onRouted: (active) => this.#ddns?.setActive(active, this.#pool.kept),
    });
    monitor.health.addFollower(this.#pool);
  }

  get standing(): Standing {
    return this.#reconciler.standing;
  }

  get name(): string | undefined {
    return this.#pool.name;
  }

  get gateways(): readonly string[] {
    return this.#pool.gateways;
  }

  /** The gateways that the routes are meant to be over. */
  get active(): readonly string[] {
    return this.#reconciler.active;
  }

  /** Whether a drain of this gateway would take the last one that the pool can use. */
  isLast(gateway: string): boolean {
    return this.#pool.isLast(gateway);
  }

  /** Resolves to how the kernel stands once all that was asked until now is done, or at `deadline` (steady clock). */
  settled(deadline: number): Promise<Standing> {
    return this.#reconciler.settled(deadline);
  }

  /** Whether any of these tables is its own. */
  hasAnyOf(tables: ReadonlySet<number>): boolean {
    const { table, probes } = this.#tables;
    return tables.has(table) || (probes !== undefined && [...tables].some((one) => isProbeTable(one, probes)));
  }

  /** Whether packets to a gateway have taken this interface. */
  isPath(device: string): boolean {
    return this.#reconciler.isPath(device);
  }

  /** Reads the kernel without changing it, and goes on from what an earlier run left; returns the gateways that carry traffic. */
  async adopt(): Promise<ReadonlySet<string>> {
    const adopted = await this.#reconciler.adopt();
    this.#pool.adopt(adopted);
    return adopted;
  }

  /** Rejects managed destinations from now on until gateways can be used, and makes the routes for probes, where asked for. */
  prepare(): Promise<void> {
    return this.#reconciler.prepare();
  }

  /** Something may have changed in the kernel. */
  look(cause: LookCause): void {
    this.#reconciler.look(cause);
  }

  /** Leaves the DNS name as it is. */
  stop(): void {
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
