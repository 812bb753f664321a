/** Two pools of a file in a lab: vpn with weights, tiers and a kill switch for 10.78.0.0/24, and rest for all others. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { addressOf } from "./network.ts";

/** The numbers of the gateways in the lab. */
export const [SWEDEN, NORWAY, LTE] = [1, 2, 3] as const;

const FILE = readFileSync(join(import.meta.dir, "../../unit/config/file/pools.toml"), "utf8");

/** The file gives its gateways the addresses from 10.77.0.10 on, the lab those from 10.77.0.11 on. */
export const POOLS_FILE = FILE.replaceAll(/10\.77\.0\.1(\d)/g, (_, last) => addressOf(Number(last) + 1));
