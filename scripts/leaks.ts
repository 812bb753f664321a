import { parseArgs } from "node:util";

import { hasNoLeak, type Report, reportText, runFaults } from "../test/leaks/run.ts";

const { faults, seed } = readCommandLine();
const report: Report = await runFaults({ faults, seed, progress: (text) => console.log(text) });
console.log(`\n${reportText(report)}`);
process.exit(hasNoLeak(report) ? 0 : 1);

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
