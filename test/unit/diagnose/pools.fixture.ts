import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Config } from "../../../src/config/model.ts";
import { configOf } from "../config/file/file.fixture.ts";

export const [SWEDEN, NORWAY, LTE] = ["10.77.0.10", "10.77.0.11", "10.77.0.12"] as const;

/** Two pools: vpn with weights, tiers and a kill switch for 10.78.0.0/24, and rest for all others. */
export const POOLS_FILE = readFileSync(join(import.meta.dir, "../config/file/pools.toml"), "utf8");

/** Their configuration, with more at the end of the file. */
export const poolsConfig = (more = "", change: (text: string) => string = (text) => text): Config =>
  configOf(`${change(POOLS_FILE)}\n${more}`);

/** A pool that is added to the file. */
export function poolText(name: string, keys: string, members = '["lte"]'): string {
  return `[[pool]]\nname = "${name}"\nmembers = ${members}\n${keys}\n`;
}
