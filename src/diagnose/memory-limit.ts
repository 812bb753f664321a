import { readFileSync } from "node:fs";

/** The text of a file; undefined where it cannot be read. */
type Read = (path: string) => string | undefined;

/**
 * The memory that a process may use by the limits of its cgroup and of those above it (cgroups(7)). A cgroup is charged for
 * each page that its processes touch first, pages of the executable included. Loaded before the process starts again, so
 * this file imports nothing of the program.
 *
 * @returns the least of the limits in bytes; undefined without any
 */
export function memoryLimit(pid: number | "self" = "self", read: Read = readText): number | undefined {
  const files = (read(`/proc/${pid}/cgroup`) ?? "").split("\n").flatMap(limitFilesOf);
  const limits = files.map((path) => Number(read(path) ?? "max"));
  const known = limits.filter((limit) => Number.isSafeInteger(limit)); // version 1 has a number above these for "no limit"
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Where the limits of a cgroup may be, by its line in /proc/PID/cgroup; in a container, its own is at the root. */
function limitFilesOf(line: string): string[] {
  const [, controllers, path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
  if (controllers === undefined) return [];
  const isVersion2 = controllers === "";
  if (!isVersion2 && !controllers.split(",").includes("memory")) return [];
  const [root, file] = isVersion2
    ? ["/sys/fs/cgroup", "memory.max"]
    : ["/sys/fs/cgroup/memory", "memory.limit_in_bytes"];
  const names = path.split("/").filter(Boolean);
  return Array.from({ length: names.length + 1 }, (_, depth) => [root, ...names.slice(0, depth), file].join("/"));
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
