import type { Fault } from "./fault.ts";
import { advertisementFaults } from "./advertisements.ts";
import { ddnsFaults } from "./ddns.ts";
import { exhaustionFaults } from "./exhaustion.ts";
import { foreignRuleFaults } from "./foreign-rules.ts";
import { foreignTextFaults } from "./foreign-text.ts";
import { gatewayFaults } from "./gateways.ts";
import { httpFaults } from "./http.ts";
import { ipFaults } from "./ip.ts";
import { ipv6Faults } from "./ipv6.ts";
import { kernelFaults } from "./kernel.ts";
import { localUserFaults } from "./local-users.ts";
import { outputFaults } from "./output.ts";
import { passwordFaults } from "./passwords.ts";
import { processFaults } from "./process.ts";
import { throughFaults } from "./through.ts";
import { walk } from "./walk.ts";
import { zebraFaults } from "./zebra.ts";

/** A short random walk; scripts/faults --walk MINUTES runs longer ones. */
const walkFault: Fault = {
  name: "random combinations of these faults for 40 s",
  promise: "rules and routes are exact soon after each burst of faults",
  lab: { gateways: 4 },
  long: true,
  async run(scene) {
    const { bursts, faults, slowest } = await walk(scene, { seed: 1, milliseconds: 40_000, log: () => {} });
    return `${faults} faults in ${bursts} bursts; exact within ${slowest.toFixed(1)} s`;
  },
};

/** All faults, by the heading of their table. */
export const TOPICS: Readonly<Record<string, readonly Fault[]>> = {
  Process: processFaults,
  "Other users of the machine": localUserFaults,
  Log: outputFaults,
  Gateways: gatewayFaults,
  "Beyond the gateways": throughFaults,
  "Public addresses and DNS": ddnsFaults,
  "HTTP clients": [...httpFaults, ...exhaustionFaults, ...passwordFaults],
  "The ip command": ipFaults,
  "Rules, routes and interfaces": [...kernelFaults, ...foreignRuleFaults, ...foreignTextFaults],
  IPv6: [...ipv6Faults, ...advertisementFaults, ...zebraFaults],
  "Random combinations": [walkFault],
};

export const FAULTS: readonly Fault[] = Object.values(TOPICS).flat();
