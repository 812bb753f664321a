import { expect } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { execa } from "execa";

import { createKernel } from "../../src/routing/iproute2/kernel.ts";
import type { Kernel } from "../../src/routing/kernel.ts";
import { FakeKernel } from "../fakes/kernel.ts";

/** Where the routes under test are kept. */
export const PLACE = { table: 180, preference: 10888 };

/** A kernel to test, and another program's hand on the same kernel. */
export interface Bench {
  readonly kernel: Kernel;
  readonly meddle: (command: string) => Promise<void>;
  /** Makes the kernel refuse a gateway that a look-up finds nothing wrong with. */
  readonly begrudge: (gateway: string) => Promise<void>;
  /** Moves the address that leads to the gateways to another interface. */
  readonly moveAddress: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The kernel in memory. */
export async function fakeBench(): Promise<Bench> {
  const kernel = new FakeKernel();
  return {
    kernel,
    async meddle(command) {
      expect(kernel.run(command)).toBeUndefined();
    },
    async begrudge(gateway) {
      kernel.addresses.push("172.30.0.1/24");
      kernel.grudges.add(gateway);
    },
    async moveAddress() {
      kernel.device = "eth1";
    },
    async close() {},
  };
}

let benches = 0;

/** The kernel of a namespace. `ip` on the PATH is a script that goes there, so that this process can stay outside. */
export async function realBench(): Promise<Bench> {
  const name = `grm-contract-${process.pid}-${++benches}`;
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
    async meddle(command) {
      await inside("-4", ...command.split(" "));
    },
    async begrudge(gateway) {
      // A nexthop's look-up skips routes of a wider scope than `link` (fib_check_nh); `ip route get` does not.
      await inside("-4", "route", "add", `${gateway}/32`, "dev", "v0", "scope", "global");
    },
    async moveAddress() {
      await inside("address", "add", "10.9.0.1/24", "dev", "v0"); // keeps the interface, and the route, alive
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
