import { expect } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { createKernel } from "../../src/routing/iproute2/kernel.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { FakeKernel } from "../fakes/kernel.ts";

export const TABLE_REF = { table: 180, preference: 10888 };

/** A kernel to test, and what another program or the network does to it. */
export interface KernelUnderTest {
  readonly kernel: Kernel;
  /** Runs a command of `ip`, as another program would. */
  readonly runIp: (command: string) => Promise<void>;
  /** Makes the kernel reject a gateway as a nexthop although its route look-up finds no fault. */
  readonly rejectNexthop: (gateway: string) => Promise<void>;
  /** Moves the address that leads to the gateways to another interface. */
  readonly moveAddress: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The kernel in memory. */
export async function openFakeKernel(): Promise<KernelUnderTest> {
  const kernel = new FakeKernel();
  return {
    kernel,
    async runIp(command) {
      expect(kernel.run(command)).toBeUndefined();
    },
    async rejectNexthop(gateway) {
      kernel.addresses.push("172.30.0.1/24");
      kernel.rejectedNexthops.add(gateway);
    },
    async moveAddress() {
      kernel.device = "eth1";
    },
    async close() {},
  };
}

let namespaces = 0;

/** The kernel of a network namespace. The PATH gets a script `ip` that enters it, so that this process stays outside. */
export async function openLinuxKernel(): Promise<KernelUnderTest> {
  const name = `grm-contract-${process.pid}-${++namespaces}`;
  const path = process.env["PATH"]!;
  const ip = Bun.which("ip")!;
  const folder = mkdtempSync(join(tmpdir(), "grm-contract-"));
  const inside = (...words: string[]) => execa(ip, ["-n", name, ...words]);
  await execa(ip, ["netns", "add", name]);
  await inside("link", "add", "v0", "type", "veth", "peer", "name", "v1");
  for (const device of ["lo", "v0", "v1"]) await inside("link", "set", device, "up");
  await inside("address", "add", "10.0.0.1/24", "dev", "v0");
  writeFileSync(join(folder, "ip"), `#!/bin/sh\nexec ${ip} -n ${name} "$@"\n`);
  chmodSync(join(folder, "ip"), 0o755);
  process.env["PATH"] = `${folder}:${path}`;
  return {
    kernel: createKernel({ mostWords: 511 }),
    async runIp(command) {
      await inside("-4", ...command.split(" "));
    },
    async rejectNexthop(gateway) {
      // The kernel's check of a nexthop skips routes with a wider scope than `link` (fib_check_nh); `ip route get` uses them.
      await inside("-4", "route", "add", `${gateway}/32`, "dev", "v0", "scope", "global");
    },
    async moveAddress() {
      await inside("address", "add", "10.9.0.1/24", "dev", "v0"); // an interface without an address would lose the route
      await inside("address", "add", "10.0.0.1/24", "dev", "v1");
      await inside("address", "delete", "10.0.0.1/24", "dev", "v0");
    },
    async close() {
      process.env["PATH"] = path;
      rmSync(folder, { recursive: true });
      await execa(ip, ["netns", "del", name]);
    },
  };
}
