/** What happens beside a real zebra of FRR. */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "bun:test";
import { check } from "../e2e/lab/check.ts";
import { address6Of, answering, INTERNET6, type Lab, readSlots, refusing, TABLE } from "../e2e/lab/index.ts";
import { IP } from "../e2e/lab/namespace.ts";
import { FLAGS, NUMBERS } from "./both-families.ts";
import type { Fault } from "./fault.ts";

/** Networks that staticd routes by the gateways: by one of them, and by a group of two. */
const STATIC = [
  `ipv6 route 2001:470:8::/48 ${address6Of(1)}`,
  `ipv6 route 2001:470:9::/48 ${address6Of(2)}`,
  `ipv6 route 2001:470:9::/48 ${address6Of(3)}`,
];

/** The protocol of its routes: RTPROT_ZSTATIC in zebra/rt_netlink.h. */
const ZEBRA_STATIC = "196";

/** Programs of FRR in the router, in one folder of theirs; zebra with one more line of configuration. */
class Frr {
  readonly socket: string;
  readonly #lab: Lab;
  readonly #folder: string;
  readonly #zebra: string;
  readonly #static: string;
  readonly #children = new Map<string, Bun.Subprocess>();

  constructor(lab: Lab, line: string) {
    this.#lab = lab;
    this.#zebra = lab.file("zebra.conf", `hostname router\n${line}\n`);
    this.#static = lab.file("staticd.conf", `hostname router\n${STATIC.join("\n")}\n`);
    this.#folder = join(dirname(this.#zebra), "run");
    mkdirSync(this.#folder);
    for (const path of [dirname(this.#zebra), dirname(this.#static)]) chmodSync(path, 0o755);
    chmodSync(this.#folder, 0o777); // they run as another user
    writeFileSync(join(this.#folder, "vtysh.conf"), "");
    this.socket = join(this.#folder, "zserv");
    lab.onClose(() => this.#children.forEach((child) => child.kill("SIGKILL")));
  }

  startZebra(): void {
    this.#start("zebra", this.#zebra);
  }

  startStatic(): void {
    this.#start("staticd", this.#static);
  }

  async end(program: "zebra" | "staticd", signal: NodeJS.Signals): Promise<void> {
    const child = this.#children.get(program)!;
    child.kill(signal);
    await child.exited;
    if (program === "zebra") rmSync(this.socket, { force: true });
  }

  #start(program: string, config: string): void {
    const files = ["-f", config, "-i", join(this.#folder, `${program}.pid`), "-z", this.socket];
    const words = [...files, "--vty_socket", this.#folder, "-P", "0", "-u", "frr", "-g", "frr"];
    const command = [IP, "netns", "exec", this.#lab.router.name, `/usr/lib/frr/${program}`, ...words];
    this.#children.set(program, Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "ignore" }));
  }

  /** Waits until zebra answers, and has put the routes of staticd into the kernel. */
  async untilRouted(): Promise<void> {
    await this.#lab.until("the socket of zebra", () => existsSync(this.socket), Boolean);
    const routes = (): Promise<string> => this.#lab.router.ip("-6", "route", "show", "proto", ZEBRA_STATIC);
    await this.#lab.until("the routes of staticd", routes, (text) => /:8::/.test(text) && /:9::/.test(text));
  }
}

/** zebra reacts to a change within 10 ms; milliseconds. */
const TIME_TO_REACT = 1000;

const DISABLED = "no zebra nexthop kernel enable";

/** Expects that zebra leaves the slots as they are. */
async function expectSlots({ router }: Lab, slots: readonly string[]): Promise<void> {
  await Bun.sleep(TIME_TO_REACT);
  expect(await readSlots(router, TABLE)).toEqual([...slots]);
}

/** Expects what zebra has in the kernel, and what check says of it. */
async function expectZebra(lab: Lab, line: string): Promise<void> {
  const { about } = await check(lab, { ...FLAGS, "metrics-port": "9091" });
  const hasObjects = (await lab.router.ip("nexthop", "show")).includes("proto zebra");
  const found = { hasObjects, level: about("zebra")[0]?.level };
  expect(found).toEqual(
    line === DISABLED ? { hasObjects: false, level: "ok" } : { hasObjects: true, level: "warning" },
  );
}

/** A gateway fails, zebra ends and starts again with the objects as they are then, and the gateway returns. */
async function restart(lab: Lab, frr: Frr, slots: readonly string[], signal: NodeJS.Signals): Promise<void> {
  lab.gateway6(2).becomes(refusing);
  await expectSlots(lab, await lab.untilRouted6([1, 3]));
  await frr.end("zebra", signal);
  frr.startZebra();
  await frr.untilRouted();
  lab.gateway6(2).becomes(answering(200));
  await lab.untilRouted6(NUMBERS);
  await expectSlots(lab, slots);
}

async function flap(lab: Lab): Promise<void> {
  await lab.setCarrier("down");
  await lab.untilRouted6([]);
  await lab.setCarrier("up");
  await lab.untilRouted6(NUMBERS);
}

/** All but flaps of the link, during which packets are lost. */
async function causeFaults(lab: Lab, frr: Frr, slots: readonly string[]): Promise<number> {
  const stream = await lab.traffic.stream({ flows: 64, packetsPerSecond: 500, limit: 1_000_000, to: INTERNET6 });
  for (const signal of ["SIGKILL", "SIGTERM"] as const) await restart(lab, frr, slots, signal);
  await frr.end("staticd", "SIGTERM"); // zebra removes its objects, which lead to the same gateways
  await expectSlots(lab, slots);
  const { sent, lost, arrived } = await stream.stop();
  expect({ lost, upstream: arrived["upstream"] }).toEqual({ lost: 0, upstream: undefined });
  return sent;
}

/** A row beside zebra with one more line of configuration. */
function besideZebra(name: string, line: string): Fault {
  return {
    name,
    promise: "zebra leaves the slots alone and no packet is lost; check tells whether it has objects",
    lab: { ipv6: true },
    async run(scene) {
      const { lab } = scene;
      const frr = new Frr(lab, line);
      frr.startZebra();
      await lab.until("zebra to run", () => existsSync(frr.socket), Boolean);
      const daemon = await scene.settle(FLAGS);
      const slots = await lab.untilRouted6(NUMBERS);
      frr.startStatic();
      await frr.untilRouted();
      await expectZebra(lab, line);

      const start = daemon.log.mark();
      const sent = await causeFaults(lab, frr, slots);
      expect(daemon.log.matching(/removed or altered|keeps undoing/, start)).toEqual([]);

      frr.startStatic();
      for (let flaps = 0; flaps < 3; flaps += 1) await flap(lab);
      await expectSlots(lab, slots);
      await lab.untilRouted(scene.healthy);
      await frr.end("staticd", "SIGTERM");
      await frr.end("zebra", "SIGTERM");
      await expectSlots(lab, slots);
      return `no slot was set back, 0 of ${sent} packets lost`;
    },
  };
}

/**
 * Seen with FRR 8.4.4: it never undid a change of ids such as ours, which are in the range of its own daemons
 * (ZEBRA_NHG_PROTO_LOWER in lib/zclient.h), whereas it sets back objects of other programs with small ids
 * (https://github.com/FRRouting/frr/issues/14471). A row of ipv6.ts imitates that it does so with ours.
 */
export const zebraFaults: readonly Fault[] = [
  besideZebra(
    "zebra (FRR) routes by the same gateways, restarts, is killed, and sees slots change and the link flap",
    "",
  ),
  besideZebra("zebra (FRR) with `no zebra nexthop kernel enable` does so", DISABLED),
];
