/**
 * Prints the licences of everything that an executable contains: Bun and its parts, and each package that its source
 * maps name.
 *
 *     bun scripts/licences.ts dist/linux-x64/maps
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { NOTICES, PARTS } from "./licences/bun.ts";

const RULE = "=".repeat(78);

/** Bun: its parts, then the text of each licence once. */
function licencesOfBun(): string {
  const parts = PARTS.map(([name, holders, licences]) => `- ${name}: ${licences.join(", ")}\n  Copyright ${holders}`);
  const names = [...new Set(PARTS.flatMap(([, , licences]) => licences))];
  const texts = names.map((name) => `${"-".repeat(78)}\n${name}\n\n${licenceText(name)}`);
  return `${RULE}
Bun ${Bun.version}, https://github.com/oven-sh/bun

The executable holds Bun's runtime. That links statically:

${parts.join("\n")}

${NOTICES}
Bun keeps its own list at https://github.com/oven-sh/bun/blob/bun-v${Bun.version}/LICENSE.md

${texts.join("\n\n")}
`;
}

function licenceText(name: string): string {
  return readFileSync(join(import.meta.dir, "licences", `${name}.txt`), "utf8").trimEnd();
}

/** Folders of the packages that these sources come from, such as node_modules/execa. */
export function packagesIn(sources: readonly string[]): string[] {
  const folder = /(?<=^|\/)node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/;
  return [...new Set(sources.flatMap((source) => folder.exec(source)?.[0] ?? []))].sort();
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Record<
    string,
    string
  >;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined)
    throw new Error(`the package ${name} ${version} has no licence file; add its text to ${folder}`);
  return `${RULE}\n${name} ${version}, ${license}\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}

function sourcesOf(map: string): string[] {
  return (JSON.parse(readFileSync(map, "utf8")) as { sources: string[] }).sources;
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("usage: bun scripts/licences.ts FOLDER-OF-SOURCE-MAPS");
  const packages = packagesIn(readdirSync(folder).flatMap((map) => sourcesOf(join(folder, map))));
  if (packages.length === 0) throw new Error(`${folder} names no package; give the source maps of an executable`);
  process.stdout.write([licencesOfBun(), ...packages.map(licenceOf)].join("\n"));
}
