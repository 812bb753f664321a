/**
 * Two routers with one address, which keepalived moves between them:
 *
 *     client ──┬── lan0 [ router  ] gw0 ──┬── gateways
 *              └── lan0 [ router2 ] gw0 ──┘
 *
 * The client and the gateways know the virtual addresses alone.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Daemon, StartOptions } from "./daemon.ts";
import { type Flags, flagArguments, runExecutable } from "./executable.ts";
import type { Lab } from "./lab.ts";
import { endProcess, IP, Namespace } from "./namespace.ts";
import { CLIENT } from "./network.ts";

const VIRTUAL = "10.66.0.1";
const VIRTUAL_OF_GATEWAYS = "10.77.0.254";
const OWN = ["10.66.0.251", "10.66.0.252"] as const;

/** As the guide has them. */
const FLAGS = { "hash-seed": 173, placement: "usable", "when-no-gateways": "unreachable", "on-exit": "keep" };

/**
 * By addresses, protocol and ports, as the router computes it. With policy 1 the kernel takes the hash that the packet has
 * already, of the sending socket or of the network card (fib_multipath_hash in net/ipv4/route.c).
 */
const HASH = { "ipv4/fib_multipath_hash_fields": 0x37, "ipv4/fib_multipath_hash_policy": 3 };

const PID_FILES = ["pid", "vrrp", "checkers"] as const;

/** One of the routers, with the service and keepalived. */
export interface Member {
  readonly space: Namespace;
  daemon: Daemon;
  /** The configuration of keepalived, as it was printed. */
  readonly config: string;
}

type StartService = (flags: Flags, options: StartOptions) => Daemon;

export class Pair {
  readonly members: readonly [Member, Member];
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #running = new Map<Member, Bun.Subprocess>();

  /** Wires both routers, and starts the service on them with these flags besides. */
  static async open(
    lab: Lab,
    flags: Flags = {},
    begin: StartService = (...given) => lab.start(...given),
  ): Promise<Pair> {
    const second = await lab.addRouter();
    await wire(lab, second);
    const folder = mkdtempSync(join(tmpdir(), `${lab.name}-pair-`));
    chmodSync(folder, 0o755);
    lab.onClose(() => rmSync(folder, { recursive: true }));
    const start = async (space: Namespace, index: 0 | 1): Promise<Member> => {
      const own = { ...FLAGS, ...flags, "track-file": join(folder, `usable${index}`) };
      const daemon = begin(own, { router: space });
      const config = join(folder, `keepalived${index}.conf`);
      writeFileSync(config, await printed(space, index, daemon.flags));
      return { space, daemon, config };
    };
    const members = [await start(lab.router, 0), await start(second, 1)] as const;
    await Promise.all(members.map(({ daemon }) => daemon.untilReady()));
    return new Pair(lab, folder, members);
  }

  private constructor(lab: Lab, folder: string, members: readonly [Member, Member]) {
    this.#lab = lab;
    this.#folder = folder;
    this.members = members;
  }

  /** Starts the service on a router again, and waits until it is ready. */
  async restart(member: Member): Promise<void> {
    member.daemon = this.#lab.start(member.daemon.flags, { router: member.space });
    await member.daemon.untilReady();
  }

  /** Plugs or unplugs the cable of a router to the client. */
  async plug(member: Member, how: "up" | "down"): Promise<void> {
    const port = member === this.members[0] ? "lan-a" : "lan-b";
    await new Namespace(`${this.#lab.name}-switch`).ip("link", "set", port, how);
  }

  /** Starts keepalived on a router, in the foreground. */
  begin(member: Member): void {
    const path = (what: string): string => join(this.#folder, `${this.members.indexOf(member)}.${what}`);
    for (const what of PID_FILES) rmSync(path(what), { force: true }); // killed children may stay there as zombies
    const [pid, vrrp, checkers] = PID_FILES.map(path);
    const files = ["-f", member.config, "-p", pid!, "-r", vrrp!, "-c", checkers!];
    const words = [IP, "netns", "exec", member.space.name, "keepalived", "-n", "-l", ...files];
    this.#running.set(member, Bun.spawn(words, { stdout: Bun.file(path("log")), stderr: Bun.file(path("log")) }));
  }

  /** Ends keepalived on a router, which gives the addresses away. */
  async end(member: Member): Promise<void> {
    const process = this.#running.get(member)!;
    process.kill("SIGTERM");
    await process.exited;
  }

  /** Kills all of keepalived on a router, which keeps the addresses. */
  async kill(member: Member): Promise<void> {
    const process = this.#running.get(member)!;
    for (const pid of descendantsOf(process.pid)) endProcess(pid);
    endProcess(process.pid);
    await process.exited;
  }

  /** The rules, routes and addresses of each router, but for the virtual addresses and what is for them. */
  async states(): Promise<string[]> {
    const parts = [["rule"], ["route", "show", "table", "all"], ["-o", "address"]];
    const isOwn = (line: string): boolean =>
      ![VIRTUAL, VIRTUAL_OF_GATEWAYS].some((one) => line.includes(`${one} `) || line.includes(`${one}/`));
    return Promise.all(
      this.members.map(async ({ space }) => {
        const texts = await Promise.all(parts.map((args) => space.ip("-4", ...args)));
        const lines = texts.join("").split("\n").filter(isOwn);
        return lines.map((line) => line.replace(/ linkdown|valid_lft.*/g, "").trimEnd()).join("\n");
      }),
    );
  }

  /** The router that is not this one. */
  other(member: Member): Member {
    return this.members.find((one) => one !== member)!;
  }

  /** Waits until this router has both virtual addresses; the other one may have them still. */
  async untilTaken(by: Member): Promise<Member> {
    await this.#lab.until(
      "the router to have the addresses",
      () => this.#holders(),
      (some) => some.includes(by),
    );
    return by;
  }

  /** Waits until one router alone has both virtual addresses. */
  async untilHeld(by?: Member): Promise<Member> {
    const isWanted = (some: readonly Member[]): boolean => some.length === 1 && (by === undefined || some[0] === by);
    const [holder] = await this.#lab.until("one router to hold the addresses", () => this.#holders(), isWanted);
    return holder!;
  }

  async #holders(): Promise<readonly Member[]> {
    const all = await Promise.all(this.members.map(({ space }) => space.ip("-o", "address", "show")));
    return this.members.filter((_, index) => {
      return [VIRTUAL, VIRTUAL_OF_GATEWAYS].every((address) => all[index]!.includes(` ${address}/`));
    });
  }
}

/** Puts both routers into the network of the client, whose next hop is the virtual address, as that of the gateways is. */
async function wire(lab: Lab, second: Namespace): Promise<void> {
  const hub = new Namespace(`${lab.name}-switch`);
  second.tune({ "ipv4/ip_forward": 1 });
  for (const router of [lab.router, second]) router.tune(HASH);
  await lab.router.ip("link", "delete", "lan0");
  const ends = [
    ["lan-a", "lan0", lab.router],
    ["lan-b", "lan0", second],
    ["lan-c", "eth0", lab.client],
  ] as const;
  await hub.batch([
    "link add br1 up type bridge mcast_snooping 0",
    ...ends.flatMap(([port, name, space]) => [
      `link add ${port} type veth peer name ${name} netns ${space.name}`,
      `link set ${port} master br1 up`,
    ]),
  ]);
  for (const [index, space] of [lab.router, second].entries()) {
    await space.batch([`address add ${OWN[index]}/24 dev lan0`, "link set lan0 up"]);
  }
  await lab.client.batch([`address add ${CLIENT}/24 dev eth0`, "link set eth0 up", `route add default via ${VIRTUAL}`]);
  for (const gateway of lab.gatewaySpaces) {
    await gateway.batch([`route replace default via ${VIRTUAL_OF_GATEWAYS}`]);
  }
}

async function printed(space: Namespace, index: 0 | 1, flags: Flags): Promise<string> {
  const own = {
    "virtual-address": `${VIRTUAL}/24@lan0,${VIRTUAL_OF_GATEWAYS}/24@gw0`,
    "own-address": OWN[index],
    "peer-address": OWN[1 - index]!,
  };
  const { status, stdout, stderr } = await runExecutable(space, [
    ...["print", "keepalived"],
    ...flagArguments({ ...flags, ...own }),
  ]);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

function descendantsOf(pid: number): number[] {
  const { stdout } = Bun.spawnSync(["ps", "-o", "pid=", "--ppid", String(pid)]);
  const children = stdout.toString().split(/\s+/).filter(Boolean).map(Number);
  return children.flatMap((child) => [...descendantsOf(child), child]);
}
