import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { withSections } from "../docs.ts";
import { changes } from "./changes.ts";
import { families } from "./families.ts";
import { flows } from "./flows.ts";
import { footprint } from "./footprint.ts";
import { forwarding } from "./forwarding.ts";
import { describeMachine, thisMachine } from "./machine.ts";
import { pair } from "./pair.ts";
import { placement } from "./placement.ts";
import { pools } from "./pools.ts";
import { probes } from "./probes.ts";
import { reaction } from "./reaction.ts";
import { reloads } from "./reloads.ts";
import { sizes } from "./sizes.ts";
import { soak } from "./soak.ts";
import { markdown, records, type Table } from "./table.ts";

const ROOT = join(import.meta.dir, "../..");
const RESULTS = join(import.meta.dir, "RESULTS.md");

const benchmarks: Readonly<Record<string, () => Promise<Table[]>>> = {
  flows,
  placement,
  changes,
  reaction,
  forwarding,
  footprint,
  families,
  pools,
  reloads,
  probes,
  sizes,
  pair,
  soak,
};
/** Takes minutes by itself, so it runs only when it is named. */
const APART = ["soak"];
const allBut = (apart: readonly string[]) => Object.keys(benchmarks).filter((name) => !apart.includes(name));

const { json, write, names } = readCommandLine();
const machine = thisMachine();
const where = describeMachine(machine);
const ofThisRun = allBut(APART).every((name) => names.includes(name));
if (write && !ofThisRun && !(await Bun.file(RESULTS).text()).includes(where)) {
  complain(
    `cannot write a part of the results: RESULTS.md is of another machine (this one is ${where}); run all of them`,
  );
}

console.log(`${where}\n`);
const results: object[] = [];
const complaints: string[] = [];
for (const name of names) {
  const tables = await benchmarks[name]!();
  const text = tables.map(markdown).join("\n\n");
  console.log(`${text}\n`);
  const measuredAt = new Date().toISOString();
  for (const table of tables) {
    complaints.push(...(table.complaints ?? []));
    results.push({ benchmark: name, title: table.title, machine, measuredAt, rows: records(table) });
  }
  // After each of them, so that an interruption leaves what was measured.
  await Bun.write(json, `${JSON.stringify({ results }, undefined, 2)}\n`);
  if (write) await writeSections({ [name]: `${text}\n`, machine: `Measured on ${where}.\n` });
}
console.log(`written as JSON: ${json}`);
for (const complaint of complaints) console.error(`scripts/bench: ${complaint}`);
process.exit(complaints.length > 0 ? 1 : 0);

function readCommandLine(): { json: string; write: boolean; names: string[] } {
  const all = Object.keys(benchmarks);
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: "string", default: join(ROOT, "dist/bench.json") }, write: { type: "boolean" } },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !all.includes(name));
    if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}; there are: ${all.join(", ")}`);
    mkdirSync(dirname(values.json), { recursive: true });
    const names = positionals.length === 0 ? allBut(APART) : all.filter((name) => positionals.includes(name));
    return { json: values.json, write: values.write ?? false, names };
  } catch (error) {
    return complain((error as Error).message);
  }
}

async function writeSections(sections: Record<string, string>): Promise<void> {
  await Bun.write(RESULTS, withSections(await Bun.file(RESULTS).text(), sections, "scripts/bench"));
}

function complain(message: string): never {
  console.error(`scripts/bench: ${message}`);
  process.exit(2);
}
