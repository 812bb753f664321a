/**
 * A router with two gateways, and a network beyond them, each in a namespace. Packets with mark 1 and 2 go through the
 * gateways; those with other marks meet the ends that a path can have on the router itself.
 */
import { onTestFinished } from "bun:test";

import type { ThroughSettings } from "../../src/probe/probers.ts";
import { addNamespaces, IP, type Namespace, nextLabName, removeNamespaces } from "../e2e/lab/namespace.ts";
import type { ChildReport, ChildRequest, Job } from "../fakes/through-child.ts";

/** Marks by where they lead. */
export const MARK = { first: 1, second: 2, prohibit: 3, blackhole: 4, unreachable: 5, noArp: 6, noRoute: 7 } as const;

/** Addresses beyond the gateways. */
export const TARGET = "203.0.113.1";
/** Packets to it vanish on the gateways. */
export const SILENT = "203.0.113.9";
/** The gateways answer that the host is unreachable. */
export const UNREACHABLE = "203.0.113.10";
/** The gateways answer that the host is administratively prohibited. */
export const PROHIBITED = "203.0.113.11";
/** Only the second gateway answers that the host is unreachable. */
export const FIRST_ONLY = "203.0.113.2";

export const TIMEOUT = 400;

export type World = Readonly<Record<"router" | "gw1" | "gw2" | "world", Namespace>>;

export async function openWorld(): Promise<World & AsyncDisposable> {
  const lab = nextLabName();
  const spaces = await addNamespaces(lab, ["router", "gw1", "gw2", "world"]);
  const { router, gw1, gw2, world } = spaces;
  for (const space of Object.values(spaces)) await space.ip("link", "set", "lo", "up");
  for (const [number, gateway] of [gw1, gw2].entries()) await join(router, gateway, world, number + 1);
  router.tune({ "ipv4/ping_group_range": "0 2147483647", "ipv4/neigh/g1/retrans_time_ms": 50 });
  await router.batch([
    ...[1, 2].map((number) => `route add default via 10.0.${number}.2 table ${100 + number}`),
    "route add prohibit default table 103",
    "route add blackhole default table 104",
    "route add unreachable default table 105",
    "route add default via 10.0.1.99 table 106",
    ...[1, 2, 3, 4, 5, 6].map((mark) => `rule add pref ${mark} fwmark ${mark} lookup ${100 + mark}`),
  ]);
  await world.batch([TARGET, FIRST_ONLY].map((address) => `address add ${address}/32 dev lo`));
  await gw2.ip("route", "add", FIRST_ONLY, "dev", "void");
  return { ...spaces, [Symbol.asyncDispose]: async () => removeNamespaces(`${lab}-`) };
}

/** Connects the router by a gateway with the world: 10.0.N.1, 10.0.N.2 and 10.1.N.2, 10.1.N.1. */
async function join(router: Namespace, gateway: Namespace, world: Namespace, number: number): Promise<void> {
  await router.batch([
    `link add g${number} type veth peer name lan netns ${gateway.name}`,
    `address add 10.0.${number}.1/24 dev g${number}`,
    `link set g${number} up`,
  ]);
  await world.batch([
    `link add w${number} type veth peer name wan netns ${gateway.name}`,
    `address add 10.1.${number}.1/24 dev w${number}`,
    `link set w${number} up`,
  ]);
  await gateway.batch([
    `address add 10.0.${number}.2/24 dev lan`,
    `address add 10.1.${number}.2/24 dev wan`,
    "link set lan up",
    "link set wan up",
    `route add default via 10.1.${number}.1`,
    `route add blackhole ${SILENT}`,
    "link add void type veth peer name void2", // where nothing answers ARP requests
    "link set void up",
    "link set void2 up",
    `route add ${UNREACHABLE} dev void`,
    `route add prohibit ${PROHIBITED}`,
  ]);
  gateway.tune({ "ipv4/ip_forward": 1, "ipv4/icmp_ratelimit": 0, "ipv4/neigh/void/retrans_time_ms": 20 });
  await world.ip("route", "add", `10.0.${number}.0/24`, "via", `10.1.${number}.2`);
}

export interface ChildOptions {
  /** What the shell runs before, such as `ulimit -n 50`. */
  readonly setUp?: string;
  /** Words before the command, such as setpriv and its flags. */
  readonly wrapper?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The command that reads a ChildRequest; default: this Bun and the script. */
  readonly command?: readonly string[];
}

const SCRIPT = new URL("../fakes/through-child.ts", import.meta.url).pathname;

/** Makes probes in a new process in a namespace, and waits until it has ended by itself. */
export async function inChild(
  space: Namespace,
  request: ChildRequest,
  options: ChildOptions = {},
): Promise<ChildReport> {
  const { setUp = ":", wrapper = [], environment = {}, command = [process.execPath, SCRIPT] } = options;
  const shell = ["sh", "-c", `${setUp}; exec "$@"`, "sh"];
  const words = [IP, "netns", "exec", space.name, ...shell, ...wrapper, ...command, JSON.stringify(request)];
  const child = Bun.spawn(words, {
    env: { PATH: process.env["PATH"]!, BUN_JSC_useDFGJIT: "0", ...environment },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (status !== 0 || stderr !== "") throw new Error(`the probing process ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout) as ChildReport;
}

/** The outcomes of one probe for each job, without durations. */
export async function outcomesOf(space: Namespace, jobs: readonly Job[], options?: ChildOptions): Promise<object[]> {
  const { results } = await inChild(space, { jobs }, options);
  return results.map(([result]) => {
    const { seconds: _, ...outcome } = result!;
    return outcome;
  });
}

/** A UDP server in a namespace, whose answers to a packet are a function of the test. It is closed with the test. */
export async function serveUdp(
  space: Namespace,
  address: string,
  answer: (packet: Buffer) => readonly Uint8Array[],
  port = 0,
) {
  const peers: string[] = [];
  const socket = await space.enter(() =>
    Bun.udpSocket({
      hostname: address,
      port,
      socket: {
        data: (socket, packet, peer, from) => {
          peers.push(from);
          for (const each of answer(packet)) socket.send(each, peer, from);
        },
      },
    }),
  );
  onTestFinished(() => socket.close());
  return { port: socket.port, peers };
}

/** The targets of every kind at an address: echo, TCP, DNS, HTTP and HTTPS. Port 7 is closed everywhere. */
export const targetsAt = (address: string, port = 7): ThroughSettings[] => [
  { kind: "icmp", address, timeout: TIMEOUT },
  { kind: "tcp", address, port, timeout: TIMEOUT },
  { kind: "dns", address, port, timeout: TIMEOUT },
  { kind: "url", url: `http://${address}:${port}/`, timeout: TIMEOUT },
  { kind: "url", url: `https://${address}:${port}/`, timeout: TIMEOUT },
];
