import { allAddresses, type Config, type GatewayConfig } from "../config/model.ts";
import type { Answer, Handler, Request } from "../control/protocol.ts";
import type { Emit } from "../events/events.ts";
import type { Log } from "../log/log.ts";
import {
  type DrainEntry,
  type Drained,
  drainedAddresses,
  drainedAmong,
  findGateway,
  gatewayOf,
} from "../pool/drains.ts";
import { describeStanding } from "../status/standing.ts";
import { quote } from "../text/escape.ts";
import { gatewayLabel, type NamedGateway } from "../text/gateway.ts";
import { list } from "../text/list.ts";
import { steadyNow } from "../time/clock.ts";
import type { Control } from "./control.ts";
import {
  configured,
  doneWith,
  lastUsable,
  type ListedGateway,
  type PoolChange,
  unchanged,
  unknownGateway,
} from "./drain-answers.ts";
import { readDrainFile, writeDrainFile } from "./drain-file.ts";

export interface DrainsOptions {
  readonly config: Pick<Config, "gateways">;
  /** The file that remembers them; undefined for none. */
  readonly file: string | undefined;
  readonly emit: Emit;
  readonly log: Log;
}

/** So long a command waits for the kernel. */
const SETTLING_LIMIT_MS = 10_000;

/** Unknown gateways that one line names at most. */
const MAX_NAMED = 8;

/**
 * Which gateways are drained: by commands, which a file remembers over restarts, and by the configuration. Trouble with
 * the file is reported, and stops nothing.
 */
export class Drains {
  readonly #options: DrainsOptions;
  #config: DrainsOptions["config"];
  #entries: readonly DrainEntry[] = [];
  #drained: Drained;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: DrainsOptions) {
    const { file, log } = options;
    this.#options = options;
    this.#config = options.config;
    if (file !== undefined) {
      const { entries, problem: why } = readDrainFile(file);
      this.#entries = entries;
      if (why !== undefined)
        log("error", `${why}; no gateway is drained by it, and the next drain or undrain replaces it`);
    }
    this.#drained = drainedAmong(this.#gateways, this.#entries);
  }

  /** All addresses of all that are drained. */
  get addresses(): ReadonlySet<string> {
    return drainedAddresses(this.#drained, this.#gateways);
  }

  /** Whether commands have drained a gateway that is still drained. */
  get wereUsed(): boolean {
    return this.#entries.length > 0;
  }

  /** Reports what is drained from the start on. */
  report(): void {
    const { emit } = this.#options;
    for (const [gateway, { since }] of this.#drained.drains) {
      emit({ type: "drained", gateway, drained: true, since, initial: true });
    }
    this.#reportUnknown([]);
  }

  /**
   * The gateways that are drained with another configuration: those that commands have drained stay so.
   *
   * @returns the addresses, and what puts them in force and reports what changes
   */
  reload(config: DrainsOptions["config"]): { readonly addresses: ReadonlySet<string>; readonly apply: () => void } {
    const [before, after] = [this.#drained, drainedAmong(config.gateways, this.#entries)];
    return {
      addresses: drainedAddresses(after, config.gateways),
      apply: () => {
        this.#config = config;
        this.#drained = after;
        for (const { address: gateway } of config.gateways) this.#reportChange(gateway, before, after);
        this.#reportUnknown(before.unknown);
      },
    };
  }

  #reportChange(gateway: string, before: Drained, after: Drained): void {
    const [was, is] = [before.drains.get(gateway), after.drains.get(gateway)];
    if (was?.since === is?.since && (was === undefined) === (is === undefined)) return;
    this.#options.emit({ type: "drained", gateway, drained: is !== undefined, since: is?.since });
  }

  /** @param reported those that are known to be unknown */
  #reportUnknown(reported: readonly DrainEntry[]): void {
    const { file, log } = this.#options;
    const unknown = this.#drained.unknown.filter((entry) => !reported.includes(entry));
    if (unknown.length === 0) return;
    const names = unknown.map((entry) => quote(entry.gateway));
    const which = `${list(names, MAX_NAMED)} in ${quote(file!)}`;
    log("warn", `drained, but not among the gateways: ${which}; kept there, and forgotten by undrain`);
  }

  /** What meets the requests of commands. */
  handlers(control: Pick<Control, "setDrained" | "poolsWith">): Readonly<Record<string, Handler>> {
    return {
      drain: (request) => this.#drain(request, control),
      undrain: (request) => this.#undrain(request, control),
      gateways: async () => ({ ok: true, result: this.#list() }),
    };
  }

  get #gateways(): readonly GatewayConfig[] {
    return this.#config.gateways;
  }

  async #drain(request: Request, control: Pick<Control, "setDrained" | "poolsWith">): Promise<Answer> {
    const gateway = findGateway(String(request["gateway"]), this.#gateways);
    if (gateway === undefined) return unknownGateway(request, this.#gateways);
    const { address } = gateway;
    if (this.addresses.has(address)) return unchanged(gateway);
    const last = control.poolsWith(address).filter((pool) => pool.isLast(address));
    if (last.length > 0 && request["force"] !== true) return lastUsable(gateway, last);
    const entry = { gateway: gatewayLabel(gateway), address, since: Date.now() };
    return this.#change(gateway, [...this.#entries, entry], control);
  }

  async #undrain(request: Request, control: Pick<Control, "setDrained" | "poolsWith">): Promise<Answer> {
    const text = String(request["gateway"]);
    const gateway = findGateway(text, this.#gateways);
    if (gateway === undefined) return (await this.#forget(text)) ?? unknownGateway(request, this.#gateways);
    if (gateway.drained) return configured(gateway);
    if (!this.addresses.has(gateway.address)) return unchanged(gateway);
    const others = this.#entries.filter((entry) => gatewayOf(entry, this.#gateways) !== gateway);
    return this.#change(gateway, others, control);
  }

  async #change(
    gateway: GatewayConfig,
    entries: readonly DrainEntry[],
    control: Pick<Control, "setDrained" | "poolsWith">,
  ): Promise<Answer> {
    const { address, name } = gateway;
    const pools = control.poolsWith(address);
    const before = pools.map(({ active }) => active);
    this.#entries = entries;
    this.#drained = drainedAmong(this.#gateways, entries);
    const drain = this.#drained.drains.get(address);
    this.#options.emit({ type: "drained", gateway: address, drained: drain !== undefined, since: drain?.since });
    control.setDrained(this.addresses);
    const deadline = steadyNow() + SETTLING_LIMIT_MS;
    const [unstored, standings] = await Promise.all([
      this.#store(),
      Promise.all(pools.map((pool) => pool.settled(deadline))),
    ]);
    const changes = pools.map((pool, index): PoolChange => ({
      pool: pool.name ?? null,
      before: this.#named(before[index]!),
      after: this.#named(pool.active),
      kernel: describeStanding(standings[index]!),
    }));
    return doneWith({ gateway: { address, name }, changed: true, pools: changes, unstored });
  }

  /** Forgets a drained gateway that is no longer configured; undefined where none is called so. */
  async #forget(text: string): Promise<Answer | undefined> {
    const entry = this.#drained.unknown.find(({ gateway, address }) => gateway === text || address === text);
    if (entry === undefined) return undefined;
    this.#entries = this.#entries.filter((one) => one !== entry);
    this.#drained = drainedAmong(this.#gateways, this.#entries);
    const { address, gateway } = entry;
    const name = gateway === address ? undefined : gateway;
    const unstored = await this.#store();
    return doneWith({ gateway: { address, name }, changed: true, pools: [], unstored });
  }

  /** Writes the file, one time after the other; returns why that was not possible. */
  #store(): Promise<string | null> {
    const writing = this.#writing.then(() => this.#write());
    this.#writing = writing;
    return writing;
  }

  async #write(): Promise<string | null> {
    const { file, log } = this.#options;
    if (file === undefined) return "-drain-file is none";
    try {
      await writeDrainFile(file, this.#entries);
      return null;
    } catch (error) {
      const why = `cannot write ${quote(file)}: ${(error as Error).message}`;
      log(
        "warn",
        `${why}; the drained gateways will not be known after a restart: name another place with -drain-file`,
      );
      return why;
    }
  }

  /** The gateways with these addresses, each once. */
  #named(addresses: readonly string[]): NamedGateway[] {
    const known = new Map(
      this.#gateways.flatMap((gateway) => allAddresses(gateway).map((address) => [address, gateway] as const)),
    );
    const gateways = new Set(addresses.map((address) => known.get(address) ?? { address, name: undefined }));
    return [...gateways].map(({ address, name }) => ({ address, name }));
  }

  #list(): ListedGateway[] {
    const { drains, unknown } = this.#drained;
    return [
      ...this.#gateways.map((gateway) => ({ label: gatewayLabel(gateway), drained: drains.has(gateway.address) })),
      ...unknown.map(({ gateway }) => ({ label: gateway, drained: true })),
    ];
  }
}
