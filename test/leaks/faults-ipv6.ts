/** Faults of IPv6, on a router that routes it beside IPv4 or blocks it. */
import { PREFERENCE, TABLE } from "../e2e/lab/lab.ts";
import { ROUTER6 } from "../e2e/lab/ipv6.ts";
import { groupIdOf } from "../../src/routing/nexthop-ids.ts";
import { answering, refusing } from "../fakes/gateway.ts";
import { type Fault, faults, type Scene } from "./faults.ts";

/** Those of IPv4, after which the router has the address again that the kernel removes from an interface that is down. */
const withAddress: Readonly<Record<string, Fault>> = Object.fromEntries(
  Object.entries(faults).map(([name, fault]): [string, Fault] => [
    name,
    async (scene, random) => {
      await fault(scene, random);
      if (!name.includes("interface to the gateways") && !name.includes("interface went down")) return;
      await Bun.sleep(random.next() * 100);
      await restoreAddress(scene);
    },
  ]),
);

async function restoreAddress({ lab }: Scene): Promise<void> {
  await lab.router.ip("address", "replace", `${ROUTER6}/64`, "dev", "gw0", "nodad");
}

/** Those of a service that knows IPv6, and those of it. */
export const faultsOfBoth: Readonly<Record<string, Fault>> = {
  ...withAddress,
  async "all gateways fail in IPv6"({ lab }) {
    for (const number of [1, 2, 3]) lab.gateway6(number).becomes(refusing);
  },
  async "gateways fail and return at random in IPv6"({ lab }, random) {
    for (const number of [1, 2, 3]) lab.gateway6(number).becomes(random.chance(0.5) ? refusing : answering(200));
  },
  async "all gateways return in IPv6"({ lab }) {
    for (const number of [1, 2, 3]) lab.gateway6(number).becomes(answering(200));
  },
  async "the interface to the gateways loses its carrier for a while"({ lab }, random) {
    await lab.setCarrier("down");
    await Bun.sleep(random.next() * 200);
    await lab.setCarrier("up");
  },
  async "the interface to the gateways loses its IPv6 address for a while"(scene, random) {
    await scene.lab.router.ip("address", "delete", `${ROUTER6}/64`, "dev", "gw0");
    await Bun.sleep(random.next() * 100);
    await restoreAddress(scene);
  },
  async "the prefix of another interface changes"({ lab }, random) {
    const prefix = `2001:470:${random.between(1, 9)}`;
    await lab.router.ip("address", "add", `${prefix}::1/64`, "dev", "lan0", "nodad");
    await Bun.sleep(random.next() * 100);
    await lab.router.ip("address", "delete", `${prefix}::1/64`, "dev", "lan0");
  },
  async "another program flushes the table in IPv6"({ lab }) {
    const objects = "nexthop flush proto 173"; // ip flushes no table with routes that use objects
    await lab.router.batch([objects, `route flush table ${TABLE}`], ["-6"]).catch(() => {}); // they may be there again
  },
  async "another program flushes the nexthop objects"({ lab }) {
    await lab.router.ip("nexthop", "flush", "proto", "173");
  },
  async "another program deletes the group or a slot"({ lab }, random) {
    const id = groupIdOf(TABLE) + random.between(0, 3);
    await lab.router.ip("nexthop", "delete", "id", String(id)).catch(() => {}); // there is none
  },
  async "another program deletes the managed route of IPv6"({ lab }) {
    await lab.router.ip("-6", "route", "delete", "default", "table", String(TABLE), "metric", "1024").catch(() => {});
  },
  async "another program deletes the rule of IPv6 that selects the table"({ lab }) {
    await lab.router.ip("-6", "rule", "delete", "preference", String(PREFERENCE)).catch(() => {}); // not restored yet
  },
};
