/** The licences that go with the executable. */
import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { packagesIn } from "../../scripts/licences.ts";
import { PARTS } from "../../scripts/licences/bun.ts";

const TEXTS = join(import.meta.dir, "../../scripts/licences");

test("packages are identified by their folders, those inside others and in scopes too", () => {
  const sources = [
    "../../src/main.ts",
    "../../node_modules/execa/lib/a.js",
    "../../node_modules/execa/lib/b.js",
    "../../node_modules/@sec-ant/readable-stream/dist/c.js",
    "../../node_modules/execa/node_modules/figures/index.js",
    "../../node_modules/a/node_modules/@b/c/index.js",
  ];
  expect(packagesIn(sources)).toEqual([
    "node_modules/@sec-ant/readable-stream",
    "node_modules/a/node_modules/@b/c",
    "node_modules/execa",
    "node_modules/execa/node_modules/figures",
  ]);
});

test("every licence of Bun's parts has its text", () => {
  const licences = new Set(PARTS.flatMap(([, , names]) => names));
  expect([...licences].filter((name) => !existsSync(join(TEXTS, `${name}.txt`)))).toEqual([]);
});
