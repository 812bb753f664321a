/** Runs the rows of the fault suite, each in a process of its own, and prints what was seen. See scripts/faults. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { withSections } from "../../scripts/docs.ts";
import { FAULTS } from "./all.ts";
import type { Fault } from "./fault.ts";
import { removeNamespaces } from "../e2e/lab/namespace.ts";
import { tableOf, type Seen } from "./table.ts";

const RESULTS = new URL("RESULTS.md", import.meta.url).pathname;
const ROWS = new URL("rows.ts", import.meta.url).pathname;
const WALKING = new URL("walking.ts", import.meta.url).pathname;

/** Rows wait more than they compute. */
const AT_ONCE = 4;
const ROW_LIMIT_MS = 240_000;

const { faults, write, minutes, seed } = readCommandLine();
if (minutes !== undefined) process.exit(await walkFor(minutes, seed));
const folder = mkdtempSync(join(tmpdir(), "grm-faults-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const seen = new Map<Fault, Seen>();
const waiting = faults.toSorted((a, b) => Number(b.long ?? false) - Number(a.long ?? false));
await Promise.all(Array.from({ length: AT_ONCE }, work));
console.log(`\n${tableOf(faults, seen)}`);
const failed = faults.length - seen.size;
if (write && failed === 0) {
  const text = await Bun.file(RESULTS).text();
  await Bun.write(RESULTS, withSections(text, { faults: tableOf(faults, seen) }, "scripts/faults"));
}
console.log(`${seen.size} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

async function work(): Promise<void> {
  for (let fault = waiting.shift(); fault; fault = waiting.shift()) await runRow(fault);
}

async function runRow(fault: Fault): Promise<void> {
  const report = join(folder, String(FAULTS.indexOf(fault)));
  const start = performance.now();
  const pattern = `^${fault.name.replaceAll(/[^\w ]/g, "\\$&")}$`;
  const child = Bun.spawn([process.execPath, "test", "--timeout", String(ROW_LIMIT_MS - 10_000), ROWS, "-t", pattern], {
    env: { ...process.env, FAULTS_REPORT: report },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: ROW_LIMIT_MS,
    killSignal: "SIGKILL",
  });
  const [output, complaint, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  removeNamespaces(`grm-${child.pid}-`); // what a row that was killed has left
  const took = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  if (status === 0) {
    const result = (await Bun.file(report).json()) as Seen;
    seen.set(fault, result);
    console.log(`ok    ${fault.name}: ${result.seen} (${took}, +${result.memory} MiB)`);
  } else {
    console.log(`FAIL  ${fault.name} (${took})\n${output}${complaint}`);
  }
}

/** Walks in stretches of two minutes at most, each with the next seed and so with other settings of the service. */
async function walkFor(minutes: number, first: number): Promise<number> {
  let seconds = Math.round(minutes * 60);
  for (let seed = first; seconds > 0; seed++, seconds -= 120) {
    const length = Math.min(120, seconds);
    console.log(`# seed ${seed}, ${length} s; again: scripts/faults --walk ${length / 60} --seed ${seed}`);
    const child = Bun.spawn([process.execPath, "test", "--timeout", String((length + 300) * 1000), WALKING], {
      env: { ...process.env, WALK_SEED: String(seed), WALK_SECONDS: String(length) },
      stdio: ["ignore", "inherit", "inherit"],
    });
    if ((await child.exited) !== 0) return 1;
  }
  return 0;
}

interface CommandLine {
  readonly faults: readonly Fault[];
  readonly write: boolean;
  readonly minutes: number | undefined;
  readonly seed: number;
}

function readCommandLine(): CommandLine {
  const options = { write: { type: "boolean" }, walk: { type: "string" }, seed: { type: "string" } } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { write = false, walk, seed } = values;
    const matches = (word: string) => FAULTS.filter(({ name }) => name.toLowerCase().includes(word.toLowerCase()));
    const unknown = positionals.filter((word) => matches(word).length === 0);
    if (unknown.length > 0)
      throw new Error(`no fault is named like ${unknown.join(", ")}; test/faults/RESULTS.md lists them`);
    if (write && positionals.length > 0) throw new Error("with --write all rows are run; leave the names out");
    if (walk !== undefined && !(Number(walk) > 0))
      throw new Error(`--walk "${walk}" is no number of minutes, such as 5`);
    if (seed !== undefined && !/^\d+$/.test(seed)) throw new Error(`--seed "${seed}" is no whole number`);
    const chosen = new Set(positionals.flatMap(matches));
    return {
      faults: positionals.length === 0 ? FAULTS : FAULTS.filter((fault) => chosen.has(fault)),
      write,
      minutes: walk === undefined ? undefined : Number(walk),
      seed: seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(seed),
    };
  } catch (error) {
    console.error(`scripts/faults: ${(error as Error).message}`);
    process.exit(2);
  }
}
