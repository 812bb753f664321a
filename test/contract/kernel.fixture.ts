import { expect } from "bun:test";
import { execa } from "execa";

import type { Family } from "../../src/net/address.ts";
import { createKernel } from "../../src/routing/iproute2/kernel.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { FakeKernel } from "../fakes/kernel.ts";
import { runIpIn } from "./namespace.fixture.ts";

export const TABLE_REF = { table: 180, preference: 10888 };

/** A kernel to test, and what another program or the network does to it. */
export interface KernelUnderTest {
  readonly kernel: Kernel;
  /** Runs a command of `ip`, as another program would. */
  readonly runIp: (command: string) => Promise<void>;
  /** Makes the kernel reject a gateway as a nexthop although its route look-up finds no fault. */
  readonly rejectNexthop: (gateway: string) => Promise<void>;
  /** Takes the carrier of the interface that leads to the gateways, or gives it back. */
  readonly setCarrier: (carrier: boolean) => Promise<void>;
  /** Moves the address that leads to the gateways to another interface. */
  readonly moveAddress: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The kernel in memory. */
export async function openFakeKernel(): Promise<KernelUnderTest> {
  const kernel = new FakeKernel(["10.0.0.1/24", "fd00:77::1/64"]);
  return {
    kernel,
    async runIp(command) {
      expect(kernel.run(command)).toBeUndefined();
    },
    async rejectNexthop(gateway) {
      kernel.addresses.push("172.30.0.1/24");
      kernel.rejectedNexthops.add(gateway);
    },
    async setCarrier(carrier) {
      if (carrier) kernel.withoutCarrier.clear();
      else kernel.loseCarrier(kernel.device);
    },
    async moveAddress() {
      kernel.device = "eth1";
    },
    async close() {},
  };
}

let namespaces = 0;

/** The kernel of a network namespace, which this process stays outside of. */
export async function openLinuxKernel(families?: readonly Family[]): Promise<KernelUnderTest> {
  const name = `grm-contract-${process.pid}-${++namespaces}`;
  const ip = Bun.which("ip")!;
  const inside = (...words: string[]) => execa(ip, ["-n", name, ...words]);
  await execa(ip, ["netns", "add", name]);
  await inside("link", "add", "v0", "type", "veth", "peer", "name", "v1");
  for (const device of ["lo", "v0", "v1"]) await inside("link", "set", device, "up");
  await inside("address", "add", "10.0.0.1/24", "dev", "v0");
  await inside("address", "add", "fd00:77::1/64", "dev", "v0", "nodad");
  // The kernel makes the address its own a moment later (addrconf_dad_work in net/ipv6/addrconf.c).
  while (!(await inside("-6", "route", "get", "fd00:77::1")).stdout.startsWith("local")) continue;
  const leave = runIpIn(name);
  return {
    kernel: createKernel({ mostWords: 511, ...(families && { families }) }),
    async runIp(command) {
      await inside(...(/^(-6|nexthop) /.test(command) ? [] : ["-4"]), ...command.split(" "));
    },
    async rejectNexthop(gateway) {
      // The kernel's check of a nexthop skips routes with a wider scope than `link` (fib_check_nh); `ip route get` uses them.
      await inside("-4", "route", "add", `${gateway}/32`, "dev", "v0", "scope", "global");
    },
    async setCarrier(carrier) {
      await inside("link", "set", "v1", carrier ? "up" : "down");
    },
    async moveAddress() {
      await inside("address", "add", "10.9.0.1/24", "dev", "v0"); // an interface without an address would lose the route
      await inside("address", "add", "10.0.0.1/24", "dev", "v1");
      await inside("address", "delete", "10.0.0.1/24", "dev", "v0");
    },
    async close() {
      leave();
      await execa(ip, ["netns", "del", name]);
    },
  };
}
