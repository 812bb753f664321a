import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

import { withSections } from "../docs.ts";
import { compare, NOISE, type Result, type Results } from "./compare.ts";
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
import { start } from "./start.ts";
import { costsOf, markdown, records, type Table } from "./table.ts";

const ROOT = join(import.meta.dir, "../..");
const RESULTS = join(import.meta.dir, "RESULTS.md");

const benchmarks: Readonly<Record<string, () => Promise<Table[]>>> = {
  flows,
  placement,
  changes,
  reaction,
  forwarding,
  start,
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
const ONLY_WHEN_NAMED = ["soak"];

const { json, write, against, names } = readCommandLine();
const earlier = against === undefined ? undefined : await readResults(against);
const machine = thisMachine();
const where = describeMachine(machine);

console.log(`${where}\n`);
const results: Result[] = [];
const complaints: string[] = [];
for (const name of names) {
  const tables = await benchmarks[name]!();
  const text = tables.map(markdown).join("\n\n");
  console.log(`${text}\n`);
  const measuredAt = new Date().toISOString();
  for (const table of tables) {
    complaints.push(...(table.complaints ?? []));
    results.push({
      benchmark: name,
      title: table.title,
      machine,
      measuredAt,
      costs: costsOf(table),
      rows: records(table),
    });
  }
  // After each of them, so that an interruption leaves what was measured.
  await Bun.write(json, `${JSON.stringify({ results }, undefined, 2)}\n`);
  if (write) await writeSection(name, `${text}\n\nMeasured on ${where}.\n`);
}
console.log(`written as JSON: ${json}`);
if (earlier !== undefined) {
  const { compared, worse } = compare(earlier, { results });
  console.log(
    `${compared} figures compared with those of ${against}, ${worse.length} of them more than ${NOISE * 100} % worse`,
  );
  for (const sentence of worse) console.log(`warning: ${sentence}`);
}
for (const complaint of complaints) console.error(`scripts/bench: ${complaint}`);
process.exit(complaints.length > 0 ? 1 : 0);

interface CommandLine {
  readonly json: string;
  readonly write: boolean;
  readonly against: string | undefined;
  readonly names: readonly string[];
}

function readCommandLine(): CommandLine {
  const all = Object.keys(benchmarks);
  try {
    const { values, positionals } = parseArgs({
      options: {
        json: { type: "string", default: join(ROOT, "dist/bench.json") },
        write: { type: "boolean" },
        against: { type: "string" },
      },
      allowPositionals: true,
    });
    const unknown = positionals.filter((name) => !all.includes(name));
    if (unknown.length > 0) throw new Error(`no benchmark ${unknown.join(", ")}; there are: ${all.join(", ")}`);
    mkdirSync(dirname(values.json), { recursive: true });
    const names = all.filter((name) =>
      positionals.length === 0 ? !ONLY_WHEN_NAMED.includes(name) : positionals.includes(name),
    );
    return { json: values.json, write: values.write ?? false, against: values.against, names };
  } catch (error) {
    return complain((error as Error).message);
  }
}

async function readResults(file: string): Promise<Results> {
  try {
    const { results } = (await Bun.file(file).json()) as Partial<Results>;
    if (!Array.isArray(results)) throw new Error("it has no results");
    return { results };
  } catch (error) {
    return complain(`cannot compare with ${file}: ${(error as Error).message}; give a file that --json has written`);
  }
}

async function writeSection(name: string, text: string): Promise<void> {
  await Bun.write(RESULTS, withSections(await Bun.file(RESULTS).text(), { [name]: text }, "scripts/bench"));
}

function complain(message: string): never {
  console.error(`scripts/bench: ${message}`);
  process.exit(2);
}
