import { existsSync } from "node:fs";

import { FAMILIES, type Family } from "../net/address.ts";

/** Exists in kernels that have IPv6, used or not. */
const IPV6 = "/proc/sys/net/ipv6";

/** The families that the kernel of this machine has. */
export function machineFamilies(): Family[] {
  return FAMILIES.filter((family) => family === 4 || existsSync(IPV6));
}
