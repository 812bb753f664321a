import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { withSections } from "../docs.ts";
import { flows } from "./flows.ts";
import { footprint } from "./footprint.ts";
import { describeMachine, thisMachine } from "./machine.ts";
import { sizes } from "./sizes.ts";
import { markdown, records, type Table } from "./table.ts";

const ROOT = join(import.meta.dir, "../..");
const README = join(ROOT, "README.md");

const benchmarks: Readonly<Record<string, () => Promise<Table[]>>> = { flows, footprint, sizes };

const { json, readme, names } = readCommandLine();
const machine = thisMachine();
const where = describeMachine(machine);
if (readme && names.length < Object.keys(benchmarks).length && !(await Bun.file(README).text()).includes(where)) {
  complain(`README.md tells of another machine than this one (${where}); with --readme run all benchmarks`);
}

console.log(`${where}\n`);
const results: object[] = [];
for (const name of names) {
  const tables = await benchmarks[name]!();
  const text = tables.map(markdown).join("\n\n");
  console.log(`${text}\n`);
  const measuredAt = new Date().toISOString();
  for (const table of tables) {
    results.push({ benchmark: name, title: table.title, machine, measuredAt, rows: records(table) });
  }
  // After each of them, so that an interruption leaves what was measured.
  await Bun.write(json, `${JSON.stringify({ results }, undefined, 2)}\n`);
  if (readme) await writeSections({ [name]: `${text}\n`, machine: `Measured on ${where}.\n` });
}
console.log(`written as JSON: ${json}`);
process.exit(0);

function readCommandLine(): { json: string; readme: boolean; names: string[] } {
  const all = Object.keys(benchmarks);
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: "string", default: join(ROOT, "dist/bench.json") }, readme: { type: "boolean" } },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !all.includes(name));
    if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}; there are: ${all.join(", ")}`);
    mkdirSync(dirname(values.json), { recursive: true });
    const names = all.filter((name) => positionals.length === 0 || positionals.includes(name));
    return { json: values.json, readme: values.readme ?? false, names };
  } catch (error) {
    return complain((error as Error).message);
  }
}

async function writeSections(sections: Record<string, string>): Promise<void> {
  await Bun.write(README, withSections(await Bun.file(README).text(), sections, "scripts/bench"));
}

function complain(message: string): never {
  console.error(`scripts/bench: ${message}`);
  process.exit(2);
}
