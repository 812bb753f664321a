import type { Fault } from "./fault.ts";
import { ddnsFaults } from "./ddns.ts";
import { gatewayFaults } from "./gateways.ts";
import { httpFaults } from "./http.ts";
import { ipFaults } from "./ip.ts";
import { kernelFaults } from "./kernel.ts";
import { outputFaults } from "./output.ts";
import { processFaults } from "./process.ts";

/** Every row of the table, by topic. */
export const TOPICS: Readonly<Record<string, readonly Fault[]>> = {
  "To the process": processFaults,
  "To its log": outputFaults,
  "By gateways": gatewayFaults,
  "By public addresses and DNS": ddnsFaults,
  "By visitors of the HTTP port": httpFaults,
  "To the ip command": ipFaults,
  "To routes, rules and interfaces": kernelFaults,
};

export const FAULTS: readonly Fault[] = Object.values(TOPICS).flat();
