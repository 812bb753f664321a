/** The lab: a network in namespaces, fake gateways, the executable on the router, and access to the kernel's state. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { FakeGateway } from "../../fakes/gateway.ts";
import { Beyond } from "./beyond.ts";
import { Daemon, type StartOptions } from "./daemon.ts";
import { type Ending, type Environment, type Flags, runExecutable, SYSTEM_PATH } from "./executable.ts";
import * as kernel from "./kernel.ts";
import { addIpv6, address6Of, readSlots, snapshot6 } from "./ipv6.ts";
import { IP, type Namespace, nextLabName, removeNamespaces } from "./namespace.ts";
import {
  addClient,
  addressOf,
  addRouter,
  buildNetwork,
  CLIENT,
  makeDefaultDeviceRoute,
  type Network,
  plugGateways,
  ROUTER,
} from "./network.ts";
import { Traffic } from "./traffic.ts";
import { until, untilCount } from "./wait.ts";

/** The defaults of the executable: its routing table, the preference of its rule, and the protocol number of both. */
export const TABLE = 180;
export const PREFERENCE = 10888;
export const PROTOCOL = "173";
/** The port of the gateways' health endpoints. */
export const PORT = 9999;

export interface LabOptions {
  /** The number of gateways; 3 by default. */
  readonly gateways?: number;
  /** Whether all gateways share one namespace. Then the tests cannot see which gateway a packet reached. */
  readonly shared?: boolean;
  /** The port of the health endpoints; 9999 by default. */
  readonly port?: number;
  /** Whether the router's default route names an interface and no nexthop, as it does over PPP, LTE or a tunnel. */
  readonly deviceDefault?: boolean;
  /** Whether there is a network beyond the gateways, to which they forward. */
  readonly beyond?: boolean;
  /** Whether all hosts have addresses of IPv6 as well. */
  readonly ipv6?: boolean;
}

export interface FakeIp {
  /** The environment in which the executable finds it instead of the real one. */
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
  /** Those at the addresses of IPv6. */
  #gateways6: readonly FakeGateway[] = [];
  readonly #others: FakeGateway[] = [];
  readonly #daemons: Daemon[] = [];
  readonly #folders: string[] = [];
  readonly #explanations = new Map<string, () => string>();
  readonly #closing: (() => void)[] = [];
  #beyond: Beyond | undefined;
  #own: string | undefined;

  /** Builds the network and starts the gateways, all of them healthy. The caller has to close the lab. */
  static async open({
    gateways = 3,
    shared = false,
    port = PORT,
    deviceDefault = false,
    beyond = false,
    ipv6 = false,
  }: LabOptions = {}): Promise<Lab> {
    const name = nextLabName();
    try {
      const network = await buildNetwork(name, gateways, shared);
      if (deviceDefault) await makeDefaultDeviceRoute(network);
      if (ipv6) await addIpv6(network, gateways);
      const lab = new Lab(name, network, gateways, port);
      if (ipv6) lab.#listenIn6();
      if (beyond) lab.#beyond = await Beyond.open(name, network);
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
      return new FakeGateway(addressOf(index + 1), port, (action) => this.gatewaySpace(index + 1).enter(action));
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

  /** The network beyond the gateways, of a lab that has one. */
  get beyond(): Beyond {
    if (!this.#beyond) throw new Error("this lab has no network beyond its gateways: open it with { beyond: true }");
    return this.#beyond;
  }

  /** The namespace of the gateway with this number. */
  gatewaySpace(number: number): Namespace {
    const { gateways } = this.#network;
    return gateways[number - 1] ?? gateways[0]!;
  }

  /** Adds a second router, where the executable can run as well. */
  async addRouter(): Promise<Namespace> {
    return addRouter(this.name, this.#network);
  }

  /** Adds a client in a network of its own, such as 10.78.0 on the router's interface iot0. */
  async addClient(device: string, network: string): Promise<Namespace> {
    return addClient(this.name, this.#network, device, network);
  }

  /** The namespaces of the gateways: one for each, or one for all. */
  get gatewaySpaces(): readonly Namespace[] {
    return this.#network.gateways;
  }

  get gateways(): readonly FakeGateway[] {
    return this.#gateways;
  }

  /** The gateway with this number, which counts from 1. */
  gateway(number: number): FakeGateway {
    return this.#gateways[number - 1]!;
  }

  /** The IPv6 side of the gateway with this number, in a lab that has it. */
  gateway6(number: number): FakeGateway {
    return this.#gateways6[number - 1]!;
  }

  #listenIn6(): void {
    this.#gateways6 = this.#gateways.map((_, index) => this.serve(this.gatewaySpace(index + 1), address6Of(index + 1)));
  }

  /** Starts the executable on the router for all gateways; `flags` are added to its usual flags, or replace them. */
  start(flags: Flags = {}, options: StartOptions = {}): Daemon {
    const usual = {
      "start-ip": addressOf(1),
      "end-ip": addressOf(this.#gateways.length),
      port: this.#port,
      "check-period": "250ms",
      timeout: "250ms",
      "log-level": "debug",
    };
    const space = options.router ?? this.router;
    const env = { ...this.ownFiles(space, Number(flags["first-routing-table-id"] ?? TABLE)), ...options.env };
    const daemon = new Daemon(space, { ...usual, ...flags }, { ...options, env }, () => this.describe());
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Starts the executable on the router with a configuration file of this text, and no flags but these. */
  startWithFile(text: string, flags: Flags = {}, options: StartOptions = {}): Daemon {
    const config = this.file("config.toml", text);
    const space = options.router ?? this.router;
    const all = { ...options, env: { ...this.ownFiles(space), ...options.env } };
    const daemon = new Daemon(space, { config, "log-level": "debug", ...flags }, all, () => this.describe());
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Variables with the places of the files of an instance, which the labs would have in common by default. */
  ownFiles(router = this.router, table = TABLE): Environment {
    const path = join(this.#ownFolder(), `${router.name}-${table}`);
    return { GRM_CONTROL_SOCKET: `${path}.sock`, GRM_DRAIN_FILE: `${path}.json`, STATE_DIRECTORY: `${path}.state` };
  }

  /** Runs a command for the instance with this table to its end, such as `["drain", "10.0.0.1"]`. */
  async run(args: readonly string[], { router = this.router, table = TABLE } = {}): Promise<Ending> {
    return runExecutable(router, args, this.ownFiles(router, table));
  }

  /** A folder in which executables can make files, whichever user runs them. */
  #ownFolder(): string {
    if (this.#own === undefined) {
      this.#own = mkdtempSync(join(tmpdir(), `${this.name}-`));
      chmodSync(this.#own, 0o1777);
      this.#folders.push(this.#own);
    }
    return this.#own;
  }

  /** Starts one more HTTP endpoint at an address of a namespace; on the health port by default. */
  serve(space: Namespace, address: string, port = this.#port): FakeGateway {
    const fake = new FakeGateway(address, port, (action) => space.enter(action));
    this.#others.push(fake);
    return fake;
  }

  /**
   * Makes a replacement for `ip`: the lines of a shell script, in which `$IP` is the real one. While it is turned on, the
   * file `$0.on` exists.
   */
  fakeIp(script: string): FakeIp {
    const file = this.file("ip", `#!/bin/sh\nIP=${IP}\n${script}\n`);
    return {
      env: { PATH: `${dirname(file)}:${SYSTEM_PATH}` },
      turnOn: () => writeFileSync(`${file}.on`, ""),
      turnOff: () => rmSync(`${file}.on`),
    };
  }

  /** Writes an executable file in a folder of its own, which is removed with the lab. Returns its path. */
  file(name: string, text: string): string {
    const folder = mkdtempSync(join(tmpdir(), `${this.name}-`));
    this.#folders.push(folder);
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o755 });
    return path;
  }

  /** Deletes the router's interface to the gateways, with its addresses and routes. */
  async unplugGateways(): Promise<void> {
    await this.router.ip("link", "delete", "gw0");
  }

  /**
   * Connects a gateway to an interface of the router of its own instead of the switch: own1 for the first gateway.
   * Returns the arguments of `ip address` for the router's address on it.
   */
  async giveLink(gateway: number): Promise<string[]> {
    const device = `own${gateway}`;
    const address = [`${ROUTER}/32`, "peer", `${addressOf(gateway)}/32`, "dev", device];
    await this.gatewaySpace(gateway).batch([
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

  /** Sets the other end of the router's interface to the gateways up or down, so that it has a carrier or none. */
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

  /** The route that the kernel selects for a packet from the client. */
  async forwardedRoute(destination: string): Promise<kernel.Lookup> {
    return kernel.lookUp(this.router, destination, "from", CLIENT, "iif", "lan0");
  }

  /** The route that the kernel selects for a packet of the router itself, such as a probe. */
  async localRoute(destination: string): Promise<kernel.Lookup> {
    return kernel.lookUp(this.router, destination);
  }

  /** The router's rules and routes as text, for comparisons. */
  async snapshot(): Promise<string> {
    return kernel.snapshot(this.router);
  }

  /** Starts to record the kernel events of a router, by default of the first. */
  async monitor(router = this.router): Promise<kernel.Monitor> {
    return kernel.Monitor.start(router);
  }

  /** Adds a section to the text with which a wait that failed is explained. */
  explain(title: string, text: () => string): void {
    this.#explanations.set(title, text);
  }

  /** Adds an action for the time when the lab is closed. */
  onClose(action: () => void): void {
    this.#closing.push(action);
  }

  /** Waits until `accept` returns true for what was read; `timeoutMs` is in milliseconds. */
  async until<T>(
    what: string,
    read: () => T | Promise<T>,
    accept: (value: T) => boolean,
    timeoutMs?: number,
  ): Promise<T> {
    return until(what, read, accept, () => this.describe(), timeoutMs);
  }

  /** Waits until a counter has reached a value. */
  async untilCount(what: string, read: () => number | Promise<number>, least: number): Promise<number> {
    return untilCount(what, read, least, () => this.describe());
  }

  /** Waits until the router's rules and routes are those of an earlier `snapshot`. */
  async untilSnapshot(expected: string): Promise<void> {
    await this.until(
      "the router's rules and routes to be as before",
      () => this.snapshot(),
      (now) => now === expected,
    );
  }

  /**
   * Waits until the managed route has exactly these gateways (for an empty list: until there is none) and the rule
   * selects its table. Returns the route.
   */
  async untilRouted(gateways: readonly number[], destination = "default"): Promise<kernel.Route | undefined> {
    const wanted = String(gateways.map(addressOf));
    const what = `the route to ${destination} over ${wanted || "no gateway"}`;
    const read = (): Promise<kernel.Route | undefined> => this.managedRoute(destination);
    await this.untilRule();
    return this.until(what, read, (route) => String(kernel.gatewaysOf(route)) === wanted);
  }

  /** The same for the slots of IPv6; returns their gateways. */
  async untilRouted6(gateways: readonly number[], destination = "default"): Promise<string[]> {
    const wanted = gateways.map(address6Of).sort().join();
    await this.untilRule("-6");
    return this.until(
      `the slots of ${destination} in IPv6 over ${wanted || "no gateway"}`,
      () => readSlots(this.router, TABLE, destination),
      (slots) => [...new Set(slots)].sort().join() === wanted,
    );
  }

  /** Waits until the rule that selects the managed table exists. */
  async untilRule(family: "-4" | "-6" = "-4"): Promise<void> {
    const isOurs = ({ priority, protocol, table }: kernel.Rule): boolean =>
      priority === PREFERENCE && protocol === PROTOCOL && table === String(TABLE);
    await this.until(
      `rule ${PREFERENCE} of ip ${family}`,
      () => kernel.readRules(this.router, family),
      (rules) => rules.some(isOurs),
    );
  }

  /** The state of the lab as text, to explain a failure. */
  async describe(): Promise<string> {
    const gateways = this.#gateways.slice(0, 10);
    const sections = {
      "router's rules and routes": await this.snapshot().catch(String),
      "router's interfaces": await this.router.ip("-4", "-o", "address").catch(String),
      ...(this.#gateways6.length > 0 && { "router's IPv6": await snapshot6(this.router).catch(String) }),
      gateways: gateways
        .map((it) => `${it.address} ${inspect(it.behaviour)}, ${it.requests.length} requests`)
        .join("\n"),
      ...Object.fromEntries([...this.#explanations].map(([title, text]) => [title, text()])),
      ...Object.fromEntries(
        this.#daemons.flatMap((daemon, index) => [
          [`log of executable ${index + 1}${daemon.isRunning ? "" : " (ended)"}`, daemon.log.tail()],
          [`standard error of executable ${index + 1}`, daemon.stderr.tail()],
        ]),
      ),
    };
    return Object.entries(sections)
      .map(([title, text]) => `--- ${title}\n${text}`)
      .join("\n");
  }

  /** Removes everything that the lab has made: sockets, processes, namespaces, folders. */
  close(): void {
    this.traffic.close();
    for (const action of this.#closing) action();
    for (const fake of [...this.#gateways, ...this.#others]) fake.close();
    removeNamespaces(`${this.name}-`);
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  async #addSinks(): Promise<void> {
    await this.traffic.addSink("upstream", this.upstream);
    for (const [index, space] of this.#network.gateways.entries()) {
      await this.traffic.addSink(addressOf(index + 1), space);
    }
  }
}
