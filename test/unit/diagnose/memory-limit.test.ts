/** The memory that the process may use. */
import { expect, test } from "bun:test";

import { memoryLimit } from "../../../src/diagnose/memory-limit.ts";

const MIB = 1024 * 1024;

/** The files of a machine. */
const of = (files: Record<string, string>) => memoryLimit("self", (path) => files[path]);

test.each([
  ["of its cgroup", { "/sys/fs/cgroup/system.slice/grm.service/memory.max": `${40 * MIB}\n` }, 40 * MIB],
  ["of a cgroup above it", { "/sys/fs/cgroup/system.slice/memory.max": `${64 * MIB}\n` }, 64 * MIB],
  [
    "the least of several",
    {
      "/sys/fs/cgroup/system.slice/memory.max": `${64 * MIB}\n`,
      "/sys/fs/cgroup/system.slice/grm.service/memory.max": `${128 * MIB}\n`,
    },
    64 * MIB,
  ],
  ["in a container, of the root", { "/sys/fs/cgroup/memory.max": `${96 * MIB}\n` }, 96 * MIB],
  ["none where the file says max", { "/sys/fs/cgroup/system.slice/grm.service/memory.max": "max\n" }, undefined],
  ["none without the controller", {}, undefined],
])("is limited by cgroups of version 2: %s", (_, limits, expected) => {
  expect(of({ "/proc/self/cgroup": "0::/system.slice/grm.service\n", ...limits })).toBe(expected);
});

test.each([
  ["of its cgroup", { "/sys/fs/cgroup/memory/docker/a:b/memory.limit_in_bytes": `${40 * MIB}\n` }, 40 * MIB],
  ["in a container, of the root", { "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${96 * MIB}\n` }, 96 * MIB],
  ["none", { "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" }, undefined],
])("is limited by cgroups of version 1: %s", (_, limits, expected) => {
  const cgroup = "9:pids:/docker/a:b\n8:memory,hugetlb:/docker/a:b\n1:name=systemd:/docker/a:b\n0::/docker/a:b\n";
  expect(of({ "/proc/self/cgroup": cgroup, ...limits })).toBe(expected);
});

test("is that of another process by its number", () => {
  const files: Record<string, string> = {
    "/proc/7/cgroup": "0::/system.slice\n",
    "/sys/fs/cgroup/system.slice/memory.max": String(64 * MIB),
  };
  expect(memoryLimit(7, (path) => files[path])).toBe(64 * MIB);
});

test("has no limit that is known without /proc", () => {
  expect(of({})).toBeUndefined();
});
