import { readFileSync } from "node:fs";

/**
 * The reverse path filter (rp_filter) of each interface: 0 is off, 1 strict, 2 loose. The greater value of the interface and
 * of `all` counts (ip-sysctl).
 */
export function readFilters(devices: Iterable<string>): ReadonlyMap<string, number> {
  return new Map([...new Set(devices)].map((device) => [device, Math.max(read("all"), read(device))]));
}

function read(device: string): number {
  try {
    return Number(readFileSync(`/proc/sys/net/ipv4/conf/${device}/rp_filter`, "utf8"));
  } catch {
    return 0; // there is no such interface any more
  }
}
