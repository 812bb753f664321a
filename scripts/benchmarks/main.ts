import { cpus, release } from "node:os";

import { flows } from "./flows.ts";
import { footprint } from "./footprint.ts";
import { sizes } from "./sizes.ts";

const benchmarks: Readonly<Record<string, () => Promise<string>>> = { flows, footprint, sizes };

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !benchmarks[name]);
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}

console.log(`Linux ${release()}, ${cpus().length} cores, ${cpus()[0]?.model}, Bun ${Bun.version}\n`);
for (const [name, run] of Object.entries(benchmarks)) {
  if (asked.length === 0 || asked.includes(name)) console.log(`${await run()}\n`);
}
process.exit(0);
