import { statSync } from "node:fs";
import { join } from "node:path";

import { run } from "../../test/e2e/lab/namespace.ts";
import { flash } from "./flash.ts";
import { temporaryFolder } from "./folder.ts";
import { quantile } from "./statistics.ts";
import type { Table } from "./table.ts";

const STARTS = 21;

/** The flags of `scripts/build`, and the same without one of them. */
const FINAL = ["--minify", "--bytecode", "--format=esm", "--splitting", "--sourcemap"];
const VARIANTS: readonly (readonly [string, readonly string[]])[] = [
  ["as shipped", FINAL],
  ["without a source map", FINAL.filter((flag) => flag !== "--sourcemap")],
  ["without bytecode", FINAL.filter((flag) => flag !== "--bytecode")],
  ["without splitting", FINAL.filter((flag) => flag !== "--splitting")],
  ["without minifying", FINAL.filter((flag) => flag !== "--minify")],
  ["without all of these", []],
];

const COMPRESSORS: readonly (readonly [string, readonly string[]])[] = [
  ["gzip -9", ["gzip", "-9kc"]],
  ["zstd -19", ["zstd", "-19", "-T0", "-kc"]],
  ["xz -6 (the archives)", ["xz", "-6", "-T0", "-kc"]],
  ["xz -9e", ["xz", "-9e", "-T0", "-kc"]],
];

/** The effect of each flag of the build on size and start time, and of compression on size. */
export async function sizes(): Promise<Table[]> {
  const folder = temporaryFolder("sizes");
  const rows = [];
  const stripped = join(folder, "stripped"); // the runtime alone: stripping a compiled executable would remove the program
  await run(["strip", "--strip-all", "-o", stripped, process.execPath]);
  const saved = mebibytes(statSync(process.execPath).size - statSync(stripped).size).toFixed(2);
  for (const [name, flags] of VARIANTS) {
    const file = join(folder, "program");
    await run([process.execPath, "build", "--compile", ...flags, "src/main.ts", "--outfile", file]);
    rows.push([name, mebibytes(statSync(file).size), await startTime(file)]);
  }
  const file = join(folder, "program");
  await run([process.execPath, "build", "--compile", ...FINAL, "src/main.ts", "--outfile", file]);
  const packed = [];
  for (const [name, command] of COMPRESSORS) packed.push([name, mebibytes(await packedSize([...command, file]))]);
  const mebibyte = { name: "MiB", digits: 1 };
  return [
    {
      title: `The executable. Nearly all of it is Bun's runtime, which has no debug data; stripping would save ${saved} MiB`,
      columns: [{ name: "build" }, mebibyte, { name: "median run time of `-version`", unit: "ms" }],
      rows,
    },
    await flash(),
    { title: "The executable, compressed", columns: [{ name: "compression" }, mebibyte], rows: packed },
  ];
}

async function startTime(file: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    const before = performance.now();
    await run([file, "-version"]);
    times.push(performance.now() - before);
  }
  return quantile(times, 0.5);
}

async function packedSize(command: readonly string[]): Promise<number> {
  const child = Bun.spawn([...command], { stdout: "pipe" });
  let bytes = 0;
  for await (const chunk of child.stdout) bytes += chunk.length;
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")} failed`);
  return bytes;
}

function mebibytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
