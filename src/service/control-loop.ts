import { textOf } from "../config/difference.ts";
import { ddnsSettingsOf, dnsNameKey } from "../config/dns-names.ts";
import { type Config, type DnsNameConfig, type PoolConfig, probeTablesOf } from "../config/model.ts";
import { quorumOf, routingSettingsOf, takesOver } from "../config/routing-settings.ts";
import { tierRulesOf } from "../config/tiers.ts";
import { Ddns } from "../ddns/ddns.ts";
import type { DdnsEvent } from "../ddns/events.ts";
import type { EventBus } from "../events/bus.ts";
import type { Family } from "../net/address.ts";
import { Pool } from "../pool/pool.ts";
import type { RoutingSettings } from "../routing/decide.ts";
import type { Diversion } from "../routing/diversions.ts";
import type { Kernel } from "../routing/kernel.ts";
import { isProbeTable } from "../routing/probe-tables.ts";
import type { LookCause } from "../routing/reconciler-options.ts";
import { Reconciler } from "../routing/reconciler.ts";
import type { Standing } from "../routing/standing.ts";
import type { ProbeTables } from "../routing/types.ts";
import type { GatewayMonitor } from "./gateway-monitor.ts";
import { type LookUps, lookUpParts } from "./look-ups.ts";
import type { SharedPool } from "./other-pools.ts";

/** What a loop does; all of it may change while it runs, but for the family and the table. */
export interface Task {
  readonly config: Config;
  /** IPv4 by default. */
  readonly family?: Family;
  /** One of its pools, as the family has it. */
  readonly pool: PoolConfig;
  /** Whether it has the routes for probes of its family through all gateways, its own or not. */
  readonly hasProbes: boolean;
  /** Where such routes are left that no configuration asks for any more. */
  readonly formerProbes?: ProbeTables | undefined;
}

export interface ControlLoopOptions extends Task {
  readonly kernel: Kernel;
  /** What probes the gateways, of which this pool has some. */
  readonly monitor: GatewayMonitor;
  /** Where public addresses of gateways come from. */
  readonly lookUps: LookUps;
  readonly emit: ReturnType<EventBus["inPool"]>;
  /** Reports what belongs to no pool. */
  readonly emitOfMachine: EventBus["emit"];
  readonly others: SharedPool | undefined;
  /** Called when other gateways are usable than before. */
  readonly onUsable?: (() => void) | undefined;
  /** Called whenever the kernel holds what it should. */
  readonly onSettled: () => void;
}

/** Settings as texts to compare, by the part that has them. */
type Parts = Readonly<Record<"rules" | "routing", string>>;

/** A DNS name at work. */
interface DnsName {
  /** All that it depends on, to be compared. */
  readonly parts: string;
  readonly ddns: Ddns;
}

/**
 * One pool at work in one family, by direct calls: what probes show of a gateway goes to the pool, its state to the
 * decision, that to the kernel. Once the routes are set, the DNS names follow.
 */
export class ControlLoop {
  readonly family: Family;
  readonly #options: ControlLoopOptions;
  #task: Task;
  readonly #pool: Pool;
  readonly #reconciler: Reconciler;
  /** By their keys, in the order of the configuration. */
  #dnsNames: ReadonlyMap<string, DnsName> = new Map();
  /** The settings that its parts have. */
  #inForce: Parts;
  /** Whether the configuration no longer has its pool. */
  #isLeaving = false;

  constructor(options: ControlLoopOptions) {
    const { family = 4, pool, kernel, monitor, others, onSettled } = options;
    this.family = family;
    this.#options = options;
    this.#task = options;
    const emit: typeof options.emit = (event) => void (this.#isLeaving || options.emit(event));
    this.#dnsNames = this.#dnsNamesFrom(new Map());
    this.#pool = new Pool({
      ...{ name: pool.name, emit, health: monitor.health, linkFaults: monitor.linkFaults[family] },
      ...this.#poolRules(),
      onChange: () => this.#reconciler.follow(),
      onAllLost: () => this.#reconciler.look(),
    });
    this.#reconciler = new Reconciler({
      ...{ kernel, pool: this.#pool, others, onSettled, takesOver: takesOver(options.config, pool) },
      ...this.#routing(),
      emit: (event) => {
        if (event.type !== "link-skipped") emit(event);
        else if (this.#task.hasProbes) options.emitOfMachine(event); // all pools read the same interfaces
      },
      onUsable: () => {
        emit({ type: "usability", usable: this.usable, total: this.gateways.length, least: this.#task.pool.usableMin });
        options.onUsable?.();
      },
      onAddresses: (addresses) => this.#dnsNames.forEach(({ ddns }) => ddns.setAddresses(addresses)),
      onRouted: (active) => this.#dnsNames.forEach(({ ddns }) => ddns.setActive(active, this.#pool.kept)),
    });
    this.#inForce = this.#parts();
  }

  /**
   * From now on it does this, with the same table. What does not change goes on: the state of its gateways, its slots, and
   * the records of each DNS name. The monitor and the look-ups have their new configuration already.
   */
  reload(task: Task): void {
    const before = this.#inForce;
    this.#task = task;
    const after = this.#parts();
    this.#inForce = after;
    const formerNames = new Set(this.#dnsNames.values());
    this.#dnsNames = this.#dnsNamesFrom(this.#dnsNames);
    const names = new Set(this.#dnsNames.values());
    for (const { ddns } of formerNames.difference(names)) ddns.stop();
    this.#reportAsFirst(formerNames);
    // First of all, so that nothing is decided for the gateways of one configuration by the rules of another one.
    if (after.routing !== before.routing) this.#reconciler.reload(this.#routing());
    if (after.rules !== before.rules) this.#pool.reload(this.#poolRules());
    if (!this.#pool.hasBegun) this.#reconciler.hold();
    this.#options.monitor.health.addFollower(this.#pool); // with the gateways that it has by now
    if (after.routing !== before.routing) return;
    if (!names.isSubsetOf(formerNames)) this.#reconciler.look();
  }

  #parts(): Parts {
    const { health } = this.#options.monitor;
    const rules = this.#poolRules();
    const probers = rules.gateways.map((gateway) => health.firstRoundOf(gateway));
    return { rules: textOf([rules, probers]), routing: textOf(this.#routing()) };
  }

  #poolRules() {
    const { pool } = this.#task;
    const { gateways, flapHold } = pool;
    const moment = this.#options.monitor.momentOf(gateways);
    const spread = this.#options.monitor.spreadOf(gateways);
    return { gateways, flapHold, quorum: quorumOf(pool), tiers: tierRulesOf(pool), moment, spread };
  }

  #routing(): RoutingSettings {
    const { config, pool, hasProbes, formerProbes } = this.#task;
    return { ...routingSettingsOf(pool, config, this.family, hasProbes), formerProbes };
  }

  /** The DNS names that the pool has now; those that stay as they are go on. */
  #dnsNamesFrom(former: ReadonlyMap<string, DnsName>): ReadonlyMap<string, DnsName> {
    return new Map(
      this.#task.pool.dnsNames.map((name) => {
        const key = dnsNameKey(name);
        const before = former.get(key);
        const parts = textOf(dnsNameParts(this.#task, name));
        return [key, before?.parts === parts ? before : { parts, ddns: this.#createDdns(name) }];
      }),
    );
  }

  #createDdns(name: DnsNameConfig): Ddns {
    const { config, pool } = this.#task;
    const { kernel, lookUps } = this.#options;
    return new Ddns({
      settings: ddnsSettingsOf(config.publicIp, pool, name),
      family: this.family,
      emit: (event) => this.#emitOfName(event, dnsNameKey(name)),
      lookUps: lookUps.current,
      readAddresses: (family) => kernel.readAddresses(family),
    });
  }

  /** What all names of the pool know of its gateways is reported once. */
  #emitOfName(event: DdnsEvent, dnsName: string): void {
    const { emit } = this.#options;
    const [first] = this.#dnsNames.keys();
    if (event.type !== "public-ip-state" && event.type !== "public-ip-count") emit({ ...event, dnsName });
    else if (dnsName === first) emit(event);
  }

  /** Names that began at different times may know different things of the same gateways. */
  #reportAsFirst(former: ReadonlySet<DnsName>): void {
    const [before] = former;
    const [first] = this.#dnsNames.values();
    if (first !== before && first !== undefined && former.has(first)) first.ddns.reportAnew();
  }

  /** What it was asked for last. */
  get task(): Task {
    return this.#task;
  }

  /** Of the rules into its table. */
  get preference(): number {
    return this.#task.pool.preference;
  }

  get table(): number {
    return this.#task.pool.table;
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

  /** What another program has in place that keeps all packets from them. */
  get diversion(): Diversion | undefined {
    return this.#reconciler.diversion;
  }

  /** How many of its gateways carry traffic or could at once, as far as the kernel leads there. */
  get usable(): number {
    return this.#reconciler.usable.filter((one) => this.gateways.includes(one)).length;
  }

  /** Whether the first round of probes is not over, or its outcome is not in the kernel. */
  get isStarting(): boolean {
    return !this.#reconciler.isUsableKnown;
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
    const { config, hasProbes } = this.#task;
    const probes = hasProbes ? probeTablesOf(config) : undefined;
    return tables.has(this.table) || (probes !== undefined && [...tables].some((one) => isProbeTable(one, probes)));
  }

  /** Whether packets to a gateway have taken this interface. */
  isPath(device: string): boolean {
    return this.#reconciler.isPath(device);
  }

  /** Reads the kernel without changing it, and goes on from what an earlier run left; returns the gateways that carry traffic. */
  async adopt(): Promise<ReadonlySet<string>> {
    const adopted = await this.#reconciler.adopt();
    this.#pool.adopt(adopted);
    this.#options.monitor.health.addFollower(this.#pool);
    return adopted;
  }

  /** Rejects managed destinations from now on until gateways can be used, and makes the routes for probes, where asked for. */
  async prepare(): Promise<void> {
    await this.#reconciler.prepare();
    if (this.gateways.length === 0) this.#pool.begin(); // no probe is waited for
  }

  /**
   * Begins in a service that runs already: at once where all of its gateways are known, or else when the first round of
   * probes is over. Its packets go where they went before until then.
   *
   * @param former the pool that it replaces, whose flows it leaves at their gateways
   * @param deadline until then it waits for an `ip` that works (steady clock)
   */
  async begin(former: ControlLoop | undefined, deadline: number): Promise<void> {
    this.#pool.adopt(await this.#reconciler.adoptBy(deadline, former?.table));
    this.#reconciler.join();
    // Not before: its gateways are probed all the time, and a result would let it begin with neither of both.
    this.#options.monitor.health.addFollower(this.#pool);
    if (!this.#pool.isKnown) await this.prepare();
    this.#pool.begin();
  }

  /** No other pool takes care of its packets, however long it takes to begin. */
  standAlone(): void {
    this.#reconciler.standAlone();
  }

  /** Whether it is for packets as well that it is no more for. */
  get holdsOn(): boolean {
    return this.#reconciler.holdsOn;
  }

  /** Other pools have the packets that it is no more for; returns whether there were any. */
  letGo(): boolean {
    return this.#reconciler.letGo();
  }

  /**
   * The configuration no longer has its pool: it stops reporting, leaves the DNS names as they are, and gives the routes for
   * probes away, or removes them. What carries its traffic stays until `remove`.
   *
   * @param hasHeir whether another loop has the routes for probes of its family from now on
   */
  retire(hasHeir: boolean): void {
    this.#isLeaving = true;
    this.#stopDnsNames();
    const { config, hasProbes, formerProbes = probeTablesOf(config) } = this.#task;
    const isLeft = hasProbes && !hasHeir;
    this.#task = { ...this.#task, hasProbes: false, formerProbes: isLeft ? formerProbes : undefined };
    this.#reconciler.reload(this.#routing());
  }

  /** Something may have changed in the kernel. */
  look(cause: LookCause): void {
    this.#reconciler.look(cause);
  }

  /** Leaves the DNS names as they are. */
  stop(): void {
    this.#pool.stop();
    this.#stopDnsNames();
  }

  #stopDnsNames(): void {
    for (const { ddns } of this.#dnsNames.values()) ddns.stop();
  }

  /** Takes everything out of the kernel; resolves to whether that is done, at `deadline` at the latest (steady clock). */
  remove(deadline: number): Promise<boolean> {
    return this.#reconciler.remove(deadline);
  }

  /** The other pools need not know of it any more: it is out of the kernel, and changes nothing there again. */
  end(deadline: number): void {
    this.stop();
    void this.#reconciler.leave(deadline);
    this.#options.others?.leave();
  }

  /** Leaves everything in the kernel as it is; resolves when no change is under way any more, or at `deadline`. */
  leave(deadline: number): Promise<void> {
    return this.#reconciler.leave(deadline);
  }
}

/** What a DNS name depends on. */
function dnsNameParts({ config, pool }: Task, name: DnsNameConfig): unknown {
  return [name, pool.gateways, pool.whenNoGateways, pool.selectors, lookUpParts(config)];
}
