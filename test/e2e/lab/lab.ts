/** The lab: a network in namespaces, fake gateways, the executable on the router, and a view of what happens. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { FakeGateway } from "../../fakes/gateway.ts";
import { Daemon, type Flags, type StartOptions, SYSTEM_PATH } from "./daemon.ts";
import * as kernel from "./kernel.ts";
import { IP, type Namespace, nextLabName, removeNamespaces } from "./namespace.ts";
import { addressOf, addRouter, buildNetwork, CLIENT, type Network, plugGateways, ROUTER } from "./network.ts";
import { Traffic } from "./traffic.ts";
import { until } from "./wait.ts";

/** What the executable puts into the kernel: its table, its rule's preference, and the protocol number of both. */
export const TABLE = 180;
export const PREFERENCE = 10888;
export const PROTOCOL = "173";
/** Where the health endpoints listen. */
export const PORT = 9999;

export interface LabOptions {
  /** How many gateways there are: 3 unless told otherwise. */
  readonly gateways?: number;
  /** Whether all gateways live in one namespace. Then packets don't show which one they took. */
  readonly shared?: boolean;
  /** Where the health endpoints listen: 9999 unless told otherwise. */
  readonly port?: number;
}

export interface FakeIp {
  /** Puts it in the way of the real one. */
  readonly env: { readonly PATH: string };
  turnOn(): void;
  turnOff(): void;
}

export class Lab {
  readonly name: string;
  readonly traffic: Traffic;
  readonly #network: Network;
  readonly #port: number;
  readonly #gateways: FakeGateway[];
  readonly #others: FakeGateway[] = [];
  readonly #daemons: Daemon[] = [];
  readonly #folders: string[] = [];
  readonly #explanations = new Map<string, () => string>();
  readonly #closing: (() => void)[] = [];

  /** Builds the network and starts the gateways, all of them healthy. Whoever opens a lab closes it. */
  static async open({ gateways = 3, shared = false, port = PORT }: LabOptions = {}): Promise<Lab> {
    const name = nextLabName();
    try {
      const network = await buildNetwork(name, gateways, shared);
      const lab = new Lab(name, network, gateways, port);
      await lab.#addSinks();
      return lab;
    } catch (error) {
      removeNamespaces(`${name}-`);
      throw error;
    }
  }

  private constructor(name: string, network: Network, gateways: number, port: number) {
    this.name = name;
    this.#network = network;
    this.#port = port;
    this.traffic = new Traffic(network.client, () => this.describe());
    this.#gateways = Array.from({ length: gateways }, (_, index) => {
      return new FakeGateway(addressOf(index + 1), port, (action) => this.home(index + 1).enter(action));
    });
  }

  get router(): Namespace {
    return this.#network.router;
  }

  get client(): Namespace {
    return this.#network.client;
  }

  get upstream(): Namespace {
    return this.#network.upstream;
  }

  /** The namespace of the gateway with this number. */
  home(number: number): Namespace {
    return this.#network.homes[number - 1] ?? this.#network.homes[0]!;
  }

  /** One more router beside the first, where the executable can run as well. */
  async addRouter(): Promise<Namespace> {
    return addRouter(this.name, this.#network);
  }

  /** The gateways in the order of their numbers, 1 first. */
  get gateways(): readonly FakeGateway[] {
    return this.#gateways;
  }

  /** The gateway with this number, which counts from 1. */
  gateway(number: number): FakeGateway {
    return this.#gateways[number - 1]!;
  }

  /** Starts the executable on the router, for all gateways; flags come on top of those, or replace them. */
  start(flags: Flags = {}, options: StartOptions = {}): Daemon {
    const basics = {
      "start-ip": addressOf(1),
      "end-ip": addressOf(this.#gateways.length),
      port: this.#port,
      "check-period": "250ms",
      timeout: "250ms",
      "log-level": "debug",
    };
    const space = options.router ?? this.router;
    const daemon = new Daemon(space, { ...basics, ...flags }, options, () => this.describe());
    this.#daemons.push(daemon);
    return daemon;
  }

  /** One more endpoint, at any address that the namespace owns: for health, unless the port says otherwise. */
  serve(space: Namespace, address: string, port = this.#port): FakeGateway {
    const fake = new FakeGateway(address, port, (action) => space.enter(action));
    this.#others.push(fake);
    return fake;
  }

  /**
   * A stand-in for `ip` for the executable: the lines of a shell script, where `$IP` is the real one. It can be turned
   * on and off meanwhile: on means that the file `$0.on` exists.
   */
  fakeIp(script: string): FakeIp {
    const file = this.file("ip", `#!/bin/sh\nIP=${IP}\n${script}\n`);
    return {
      env: { PATH: `${dirname(file)}:${SYSTEM_PATH}` },
      turnOn: () => writeFileSync(`${file}.on`, ""),
      turnOff: () => rmSync(`${file}.on`),
    };
  }

  /** An executable file that lasts as long as the lab; its path. */
  file(name: string, text: string): string {
    const folder = mkdtempSync(join(tmpdir(), `${this.name}-`));
    this.#folders.push(folder);
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  }

  /** Takes the router's interface to the gateways away, with all that hangs on it. */
  async unplugGateways(): Promise<void> {
    await this.router.ip("link", "delete", "gw0");
  }

  /**
   * Gives a gateway an interface of the router to itself, in place of its port of the switch: own1 for the first.
   * Returns what `ip address` calls the router's address there.
   */
  async giveLink(gateway: number): Promise<string[]> {
    const device = `own${gateway}`;
    const address = [`${ROUTER}/32`, "peer", `${addressOf(gateway)}/32`, "dev", device];
    await this.home(gateway).batch([
      "link delete eth0",
      `link add eth0 type veth peer name ${device} netns ${this.router.name}`,
      `address add ${addressOf(gateway)}/32 peer ${ROUTER} dev eth0`,
      "link set eth0 up",
    ]);
    await this.router.batch([`address add ${address.join(" ")}`, `link set ${device} up`]);
    return address;
  }

  /** Gives the router a new interface to the gateways. */
  async plugGateways(): Promise<void> {
    await plugGateways(this.#network);
  }

  /** Turns the other end of the router's interface to the gateways on or off: it has a carrier or none. */
  async setCarrier(state: "up" | "down"): Promise<void> {
    await this.#network.switch.ip("link", "set", "uplink", state);
  }

  async routes(table = TABLE): Promise<kernel.Route[]> {
    return kernel.readRoutes(this.router, table);
  }

  async rules(): Promise<kernel.Rule[]> {
    return kernel.readRules(this.router);
  }

  /** The managed route to a destination, where there is one. */
  async managedRoute(destination = "default"): Promise<kernel.Route | undefined> {
    const routes = await this.routes();
    return routes.find(({ dst, type, protocol }) => dst === destination && type === "unicast" && protocol === PROTOCOL);
  }

  /** Which way a packet from the client takes. */
  async wayTo(destination: string): Promise<kernel.Lookup> {
    return kernel.lookUp(this.router, destination, "from", CLIENT, "iif", "lan0");
  }

  /** Which way a packet of the router's own takes, such as a probe. */
  async ownWayTo(destination: string): Promise<kernel.Lookup> {
    return kernel.lookUp(this.router, destination);
  }

  /** The router's rules and routes as text, to compare. */
  async snapshot(): Promise<string> {
    return kernel.snapshot(this.router);
  }

  /** The router's kernel events from now on. */
  async monitor(router = this.router): Promise<kernel.Monitor> {
    return kernel.Monitor.start(router);
  }

  /** Adds a section to what is told when something fails. */
  explain(title: string, tell: () => string): void {
    this.#explanations.set(title, tell);
  }

  /** Has something done when the lab closes. */
  onClose(action: () => void): void {
    this.#closing.push(action);
  }

  /** Waits until what was read is as wished for; `patience` is in milliseconds. */
  async until<T>(
    what: string,
    read: () => T | Promise<T>,
    accept: (value: T) => boolean,
    patience?: number,
  ): Promise<T> {
    return until(what, read, accept, () => this.describe(), patience);
  }

  /**
   * Waits until the managed route spreads over exactly these gateways (with none: until it is gone) and the rule leads
   * to it. Returns the route.
   */
  async untilRouted(gateways: readonly number[], destination = "default"): Promise<kernel.Route | undefined> {
    const wanted = String(gateways.map(addressOf));
    const what = `the route to ${destination} over ${wanted || "no gateway"}`;
    const read = (): Promise<kernel.Route | undefined> => this.managedRoute(destination);
    await this.untilRule();
    return this.until(what, read, (route) => String(kernel.gatewaysOf(route)) === wanted);
  }

  /** Waits until the rule that leads to the table is there. */
  async untilRule(): Promise<void> {
    const isOurs = ({ priority, protocol, table }: kernel.Rule): boolean =>
      priority === PREFERENCE && protocol === PROTOCOL && table === String(TABLE);
    await this.until(
      "the rule",
      () => this.rules(),
      (rules) => rules.some(isOurs),
    );
  }

  /** All that helps to understand a failure. */
  async describe(): Promise<string> {
    const gateways = this.#gateways.slice(0, 10);
    const sections = {
      "router's rules and routes": await this.snapshot().catch(String),
      "router's interfaces": await this.router.ip("-4", "-o", "address").catch(String),
      gateways: gateways
        .map((it) => `${it.address} ${inspect(it.behaviour)}, asked ${it.requests.length} times`)
        .join("\n"),
      ...Object.fromEntries([...this.#explanations].map(([title, tell]) => [title, tell()])),
      ...Object.fromEntries(
        this.#daemons.flatMap((daemon, index) => [
          [`log of executable ${index + 1}${daemon.isRunning ? "" : " (ended)"}`, daemon.log.tail()],
          [`complaints of executable ${index + 1}`, daemon.complaints.tail()],
        ]),
      ),
    };
    return Object.entries(sections)
      .map(([title, text]) => `--- ${title}\n${text}`)
      .join("\n");
  }

  /** Removes everything: sockets, processes, namespaces, folders. */
  close(): void {
    this.traffic.close();
    for (const action of this.#closing) action();
    for (const fake of [...this.#gateways, ...this.#others]) fake.close();
    removeNamespaces(`${this.name}-`);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  async #addSinks(): Promise<void> {
    await this.traffic.addSink("upstream", this.upstream);
    for (const [index, home] of this.#network.homes.entries()) await this.traffic.addSink(addressOf(index + 1), home);
  }
}
