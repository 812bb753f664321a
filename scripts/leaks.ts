import { parseArgs } from "node:util";

import { hasNoLeak, type Report, reportText, runFaults } from "../test/leaks/run.ts";

const { faults, seed } = readCommandLine();
const reports: Report[] = [];
for (const [deviceDefault, through] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const) {
  const router = deviceDefault ? "over an interface alone, as with PPP" : "over a nexthop";
  console.log(`router with a default route ${router}${through ? ", with probes beyond the gateways" : ""}`);
  const progress = (text: string): void => console.log(text);
  const report = await runFaults({ faults: Math.ceil(faults / 4), seed, deviceDefault, through, progress });
  console.log(`\n${reportText(report)}\n`);
  reports.push(report);
}
process.exit(reports.every(hasNoLeak) ? 0 : 1);

function readCommandLine(): { faults: number; seed: number } {
  try {
    const { values } = parseArgs({ options: { faults: { type: "string" }, seed: { type: "string" } } });
    const numberOf = (name: "faults" | "seed", fallback: number): number => {
      const text = values[name];
      if (text !== undefined && !/^[1-9]\d{0,9}$/.test(text))
        throw new Error(`--${name} ${text}: expected a whole number above 0`);
      return text === undefined ? fallback : Number(text);
    };
    return { faults: numberOf("faults", 1000), seed: numberOf("seed", 1 + (Date.now() % 1_000_000_000)) };
  } catch (error) {
    console.error(`scripts/leaks: ${(error as Error).message}`);
    process.exit(2);
  }
}
