/**
 * The world beyond the gateways of a lab, and beyond its upstream host, which all give packets there another source:
 *
 *     router gw0 ── switch ── eth0 [ gateway N ] out ─────── inN [ world ]
 *        └── wan0 ───────────────── [ upstream ] out ─────── in99 ──┘
 *
 * A service in the world answers with the address of its client, over HTTP and over TLS.
 */
import { expect, onTestFinished } from "bun:test";
import { readFileSync } from "node:fs";
import type { Socket } from "bun";
import type { Daemon } from "./daemon.ts";
import type { Flags } from "./executable.ts";
import type { Lab } from "./lab.ts";
import { addNamespaces, IP, type Namespace, run } from "./namespace.ts";
import { addressOf } from "./network.ts";

/** The address of the service, and a name for which it has a certificate. */
export const SERVICE = "5.1.0.1";
export const SERVICE_NAME = "api.provider.test";
/** The public address of the router itself. */
export const OWN_EXIT = "5.0.0.99";

/** The exit address of the gateway with this number. */
export const exitOf = (gateway: number): string => `5.0.0.${gateway}`;

const NETWORK = "5.1.0.0/24";
const UPSTREAM_NUMBER = 99;
const CERTIFICATES = new URL("../../fixtures/ddns-tls/", import.meta.url).pathname;

/** What the service does with a request. */
export type Reply = (client: string, head: string) => { readonly status: number; readonly body: string };

export const inPlainText: Reply = (client) => ({ status: 200, body: `${client}\n` });

export class Exits {
  /** The clients of all requests, in their order. */
  readonly clients: string[] = [];
  /** What the service answers from now on. */
  reply: Reply = inPlainText;
  readonly #lab: Lab;
  readonly #world: Namespace;

  static async open(lab: Lab): Promise<Exits> {
    const { world } = await addNamespaces(lab.name, ["world"]);
    await world.batch(["link set lo up", `address add ${SERVICE}/32 dev lo`]);
    const exits = new Exits(lab, world);
    for (const index of lab.gatewaySpaces.keys()) await exits.#connect(lab.gatewaySpace(index + 1), index + 1);
    await exits.#connect(lab.upstream, UPSTREAM_NUMBER);
    exits.#listen(80);
    exits.#listen(443, { key: read("server.key"), cert: read("server.pem") });
    return exits;
  }

  private constructor(lab: Lab, world: Namespace) {
    this.#lab = lab;
    this.#world = world;
  }

  /** Has packets through a gateway come out with another address. */
  async setExit(gateway: number, address: string): Promise<void> {
    await this.#world.ip("route", "replace", address, "via", `198.18.${gateway}.2`);
    await translate(this.#lab.gatewaySpace(gateway), address);
  }

  /** The firewall of a gateway is off: it forwards packets over the upstream host of the router. */
  async startLeak(gateway: number): Promise<void> {
    await this.#lab.upstream.batch([
      `link add leak${gateway} type veth peer name leak netns ${this.#lab.gatewaySpace(gateway).name}`,
      `address add 198.19.${gateway}.1/24 dev leak${gateway}`,
      `link set leak${gateway} up`,
    ]);
    const space = this.#lab.gatewaySpace(gateway);
    await space.batch([
      `address add 198.19.${gateway}.2/24 dev leak`,
      "link set leak up",
      `route replace ${NETWORK} via 198.19.${gateway}.1`,
    ]);
  }

  async endLeak(gateway: number): Promise<void> {
    await this.#lab
      .gatewaySpace(gateway)
      .batch([`route replace ${NETWORK} via 198.18.${gateway}.1`, "link delete leak"]);
  }

  async #connect(space: Namespace, number: number): Promise<void> {
    space.tune({ "ipv4/ip_forward": 1 });
    await this.#world.batch([
      `link add in${number} type veth peer name out netns ${space.name}`,
      `address add 198.18.${number}.1/24 dev in${number}`,
      `link set in${number} up`,
    ]);
    await space.batch([
      `address add 198.18.${number}.2/24 dev out`,
      "link set out up",
      `route add ${NETWORK} via 198.18.${number}.1`,
    ]);
    await this.#world.ip("route", "add", exitOf(number), "via", `198.18.${number}.2`);
    await nft(space, "add table ip exit\nadd chain ip exit nat { type nat hook postrouting priority srcnat; }\n");
    await translate(space, exitOf(number));
  }

  #listen(port: number, tls?: Bun.TLSOptions): void {
    const data = (socket: Socket<{ head: string }>, bytes: Buffer): void => {
      socket.data.head += bytes.toString("latin1");
      if (!socket.data.head.endsWith("\r\n\r\n")) return;
      this.clients.push(socket.remoteAddress);
      const { status, body } = this.reply(socket.remoteAddress, socket.data.head);
      socket.end(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
    };
    const listener = this.#world.enter(() =>
      Bun.listen<{ head: string }>({
        hostname: SERVICE,
        port,
        ...(tls && { tls }),
        socket: { open: (socket) => void (socket.data = { head: "" }), data, error() {} },
      }),
    );
    onTestFinished(() => listener.stop(true));
  }
}

/** Gives packets to the world another source. */
async function translate(space: Namespace, address: string): Promise<void> {
  await nft(
    space,
    `flush chain ip exit nat
    add rule ip exit nat oifname "out" snat to ${address}
    add rule ip exit nat oifname "leak" masquerade
    `,
  );
}

async function nft(space: Namespace, lines: string): Promise<void> {
  await run([IP, "netns", "exec", space.name, "nft", "-f", "-"], lines);
}

function read(name: string): string {
  return readFileSync(`${CERTIFICATES}${name}`, "utf8");
}

/** Starts a service for two gateways of which the second leaks, and sees that it uses only the first. */
export async function startWithLeak(lab: Lab, exits: Exits, flags: Flags): Promise<Daemon> {
  await exits.startLeak(2);
  const monitor = await lab.monitor();
  const daemon = lab.start(flags);
  await lab.untilRouted([1]);
  await daemon.untilRounds(3);
  const used = (await monitor.changesOf("default", 180)).flatMap(({ gateways }) => gateways);
  expect(new Set(used)).toEqual(new Set([addressOf(1)]));
  return daemon;
}
