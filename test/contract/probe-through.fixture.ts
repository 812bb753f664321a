/**
 * A router with two gateways, and a network beyond them, each in a namespace. Packets with mark 1 and 2 go through the
 * gateways; those with other marks meet the ends that a path can have on the router itself.
 */
import { onTestFinished } from "bun:test";

import type { Family } from "../../src/net/address.ts";
import { hostInUrl } from "../../src/net/url-host.ts";
import type { ThroughSettings } from "../../src/probe/probers.ts";
import { runtimeSettings } from "../../src/reexecute.ts";
import { untilUsable6 } from "../e2e/lab/ipv6.ts";
import { addNamespaces, IP, type Namespace, nextLabName, removeNamespaces } from "../e2e/lab/namespace.ts";
import type { ChildReport, ChildRequest, Job } from "../fakes/through-child.ts";

/** Marks by where they lead. */
export const MARK = { first: 1, second: 2, prohibit: 3, blackhole: 4, unreachable: 5, noArp: 6, noRoute: 7 } as const;

/** The addresses of a world. */
interface Places {
  /** How long a network of one host, and one of a link, is. */
  readonly prefixes: { readonly host: number; readonly link: number };
  readonly everything: string;
  /** Beyond the gateways. */
  readonly target: string;
  /** Packets to it vanish on the gateways. */
  readonly silent: string;
  /** The gateways answer that the host is unreachable. */
  readonly unreachable: string;
  /** The gateways answer that the host is administratively prohibited. */
  readonly prohibited: string;
  /** Only the second gateway answers that the host is unreachable. */
  readonly firstOnly: string;
  /** Machines with these numbers on the link of a gateway with the router, and with the world: the gateway is 2. */
  readonly near: (gateway: number, host: number) => string;
  readonly far: (gateway: number, host: number) => string;
}

export const PLACES: Readonly<Record<Family, Places>> = {
  4: {
    prefixes: { host: 32, link: 24 },
    everything: "0.0.0.0/0",
    target: "203.0.113.1",
    silent: "203.0.113.9",
    unreachable: "203.0.113.10",
    prohibited: "203.0.113.11",
    firstOnly: "203.0.113.2",
    near: (gateway, host) => `10.0.${gateway}.${host}`,
    far: (gateway, host) => `10.1.${gateway}.${host}`,
  },
  6: {
    prefixes: { host: 128, link: 64 },
    everything: "::/0",
    target: "2001:db8:113::1",
    silent: "2001:db8:113::9",
    unreachable: "2001:db8:113::10",
    prohibited: "2001:db8:113::11",
    firstOnly: "2001:db8:113::2",
    near: (gateway, host) => `fd00:${gateway}::${host}`,
    far: (gateway, host) => `fd01:${gateway}::${host}`,
  },
};

export const TARGET = PLACES[4].target;

export const TIMEOUT = 400;

export type World = Readonly<Record<"router" | "gw1" | "gw2" | "world", Namespace>>;

export async function openWorld(family: Family = 4): Promise<World & AsyncDisposable> {
  const { prefixes, everything, target, firstOnly, near } = PLACES[family];
  const lab = nextLabName();
  const spaces = await addNamespaces(lab, ["router", "gw1", "gw2", "world"]);
  const { router, gw1, gw2, world } = spaces;
  for (const space of Object.values(spaces)) {
    space.tune({ "ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0 });
    await space.ip("link", "set", "lo", "up");
  }
  for (const [number, gateway] of [gw1, gw2].entries()) await join(family, router, gateway, world, number + 1);
  router.tune({ "ipv4/ping_group_range": "0 2147483647", [`ipv${family}/neigh/g1/retrans_time_ms`]: 50 });
  await router.batch([
    ...[1, 2].map((number) => `route add ${everything} via ${near(number, 2)} table ${100 + number}`),
    `route add prohibit ${everything} table 103`,
    `route add blackhole ${everything} table 104`,
    `route add unreachable ${everything} table 105`,
    `route add ${everything} via ${near(1, 99)} table 106`,
  ]);
  for (const mark of [1, 2, 3, 4, 5, 6]) {
    await router.ip(
      `-${family}`,
      ..."rule add pref".split(" "),
      `${mark}`,
      "fwmark",
      `${mark}`,
      "table",
      `${100 + mark}`,
    );
  }
  await world.batch([target, firstOnly].map((address) => `address add ${address}/${prefixes.host} dev lo`));
  for (const space of Object.values(spaces)) await untilUsable6(space);
  await gw2.ip("route", "add", `${firstOnly}/${prefixes.host}`, "dev", "void");
  return { ...spaces, [Symbol.asyncDispose]: async () => removeNamespaces(`${lab}-`) };
}

/** Connects the router by a gateway with the world. */
async function join(
  family: Family,
  router: Namespace,
  gateway: Namespace,
  world: Namespace,
  number: number,
): Promise<void> {
  const { prefixes, everything, silent, unreachable, prohibited, near, far } = PLACES[family];
  await router.batch([
    `link add g${number} type veth peer name lan netns ${gateway.name}`,
    `address add ${near(number, 1)}/${prefixes.link} dev g${number}`,
    `link set g${number} up`,
  ]);
  await world.batch([
    `link add w${number} type veth peer name wan netns ${gateway.name}`,
    `address add ${far(number, 1)}/${prefixes.link} dev w${number}`,
    `link set w${number} up`,
  ]);
  await gateway.batch([
    `address add ${near(number, 2)}/${prefixes.link} dev lan`,
    `address add ${far(number, 2)}/${prefixes.link} dev wan`,
    "link set lan up",
    "link set wan up",
    `route add ${everything} via ${far(number, 1)}`,
    `route add blackhole ${silent}`,
    "link add void type veth peer name void2", // where nothing answers ARP requests, or neighbour solicitations
    "link set void up",
    "link set void2 up",
    `route add ${unreachable} dev void`,
    `route add prohibit ${prohibited}`,
  ]);
  gateway.tune({
    "ipv4/ip_forward": 1,
    "ipv4/icmp_ratelimit": 0,
    "ipv6/conf/all/forwarding": 1,
    "ipv6/icmp/ratelimit": 0,
    [`ipv${family}/neigh/void/retrans_time_ms`]: 20,
  });
  await world.ip("route", "add", `${near(number, 0)}/${prefixes.link}`, "via", far(number, 2));
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
    env: { PATH: process.env["PATH"]!, ...runtimeSettings(), ...environment },
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
  { kind: "url", url: `http://${hostInUrl(address)}:${port}/`, timeout: TIMEOUT },
  { kind: "url", url: `https://${hostInUrl(address)}:${port}/`, timeout: TIMEOUT },
];
