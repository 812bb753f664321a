import { parseArgs } from "node:util";

import { hasNoLeak, type Options, type Report, reportText, runFaults } from "../test/leaks/run.ts";

const { faults, seed } = readCommandLine();
const reports: Report[] = [];
const scenes: readonly Omit<Options, "faults" | "seed">[] = [
  {},
  { deviceDefault: true },
  { through: true },
  { deviceDefault: true, through: true },
  { ipv6: "routed" },
  { ipv6: "routed", deviceDefault: true },
  { ipv6: "blocked" },
];
for (const scene of scenes) {
  const { deviceDefault, through, ipv6 } = scene;
  const router = deviceDefault ? "over an interface alone, as with PPP" : "over a nexthop";
  const more = [...(through ? ["probes beyond the gateways"] : []), ...(ipv6 ? [`IPv6 ${ipv6}`] : [])];
  console.log(`router with a default route ${router}${more.map((one) => `, with ${one}`).join("")}`);
  const progress = (text: string): void => console.log(text);
  const report = await runFaults({ ...scene, faults: Math.ceil(faults / scenes.length), seed, progress });
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
