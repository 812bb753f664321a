import type { Fault } from "./fault.ts";
import { ddnsFaults } from "./ddns.ts";
import { gatewayFaults } from "./gateways.ts";
import { httpFaults } from "./http.ts";
import { ipFaults } from "./ip.ts";
import { kernelFaults } from "./kernel.ts";
import { outputFaults } from "./output.ts";
import { processFaults } from "./process.ts";
import { walk } from "./walk.ts";

/** Longer walks: scripts/faults --walk MINUTES. */
const walkFault: Fault = {
  name: "all of this by chance and at once, for 40 s",
  promise: "exactly right soon after each burst of faults",
  lab: { gateways: 4 },
  long: true,
  async run(scene) {
    const { bursts, faults, slowest } = await walk(scene, { seed: 1, milliseconds: 40_000, say: () => {} });
    return `${faults} faults in ${bursts} bursts; right after ${slowest.toFixed(1)} s at worst`;
  },
};

/** Every row of the table, by topic. */
export const TOPICS: Readonly<Record<string, readonly Fault[]>> = {
  "To the process": processFaults,
  "To its log": outputFaults,
  "By gateways": gatewayFaults,
  "By public addresses and DNS": ddnsFaults,
  "By visitors of the HTTP port": httpFaults,
  "To the ip command": ipFaults,
  "To routes, rules and interfaces": kernelFaults,
  "All together": [walkFault],
};

export const FAULTS: readonly Fault[] = Object.values(TOPICS).flat();
