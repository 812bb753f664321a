/** Faults of a router whose kill switch is closed, while packets stream through it. */
import type { Daemon } from "../e2e/lab/daemon.ts";
import { type Lab, PREFERENCE, TABLE } from "../e2e/lab/lab.ts";
import { ROUTER } from "../e2e/lab/network.ts";
import { answering, refusing } from "../fakes/gateway.ts";
import type { Random } from "../faults/random.ts";

export interface Scene {
  readonly lab: Lab;
  /** Starts the executable again. */
  readonly start: () => Daemon;
  daemon: Daemon;
}

/** Causes a fault. Its random times are a part of it: they let faults hit the service in all of its states. */
export type Fault = (scene: Scene, random: Random) => Promise<void>;

export const faults: Readonly<Record<string, Fault>> = {
  async "all gateways fail"({ lab }) {
    for (const gateway of lab.gateways) gateway.becomes(refusing);
  },
  async "gateways fail and return at random"({ lab }, random) {
    for (const gateway of lab.gateways) gateway.becomes(random.chance(0.5) ? refusing : answering(200));
  },
  async "all gateways return"({ lab }) {
    for (const gateway of lab.gateways) gateway.becomes(answering(200));
  },
  async "the interface to the gateways goes down and up at once"({ lab }) {
    await lab.router.batch(["link set gw0 down", "link set gw0 up"]);
  },
  async "the interface to the gateways is down for a while"({ lab }, random) {
    await lab.router.ip("link", "set", "gw0", "down");
    await Bun.sleep(random.next() * 200);
    await lab.router.ip("link", "set", "gw0", "up");
  },
  async "the interface to the gateways loses its address for a while"({ lab }, random) {
    await lab.router.ip("address", "delete", `${ROUTER}/24`, "dev", "gw0");
    await Bun.sleep(random.next() * 100);
    await lab.router.ip("address", "add", `${ROUTER}/24`, "dev", "gw0");
  },
  async "another interface has another address for a while"({ lab }, random) {
    const address = `10.99.${random.between(0, 249)}.1/24`;
    await lab.router.ip("address", "add", address, "dev", "lan0");
    await Bun.sleep(random.next() * 100);
    await lab.router.ip("address", "delete", address, "dev", "lan0");
  },
  async "the service is killed and started again at once"(scene) {
    await kill(scene);
    scene.daemon = scene.start();
  },
  async "the service is killed and started again after the interface went down and up"(scene, random) {
    await kill(scene);
    await scene.lab.router.batch(["link set gw0 down", "link set gw0 up"]);
    await Bun.sleep(random.next() * 200);
    scene.daemon = scene.start();
  },
  async "another program flushes the table"({ lab }) {
    await lab.router.ip("route", "flush", "table", String(TABLE));
  },
  async "another program deletes the managed route"({ lab }) {
    await lab.router.ip("route", "delete", "unicast", "default", "table", String(TABLE)).catch(() => {}); // there is none
  },
  async "another program deletes the rule that selects the table"({ lab }) {
    await lab.router.ip("rule", "delete", "preference", String(PREFERENCE)).catch(() => {}); // not restored yet
  },
};

/** Those of a service that probes beyond the gateways. */
export const throughFaults: Readonly<Record<string, Fault>> = {
  async "tunnels die and return at random"({ lab }, random) {
    for (const number of [1, 2, 3]) await lab.beyond.setLoss(number, random.chance(0.5) ? 100 : 0);
  },
  async "another program flushes a table for probes"({ lab }, random) {
    await lab.router.ip("route", "flush", "table", String(18_000 + random.between(1, 3))).catch(() => {}); // not made yet
  },
  async "another program deletes a rule for probes"({ lab }, random) {
    await lab.router.ip("rule", "delete", "preference", String(random.between(100, 103))).catch(() => {});
  },
};

/** Ends the executable with SIGKILL, also when it has just been started. */
async function kill({ lab, daemon }: Scene): Promise<void> {
  await lab.until("the executable to run", () => daemon.pid, Boolean);
  await daemon.kill();
}
