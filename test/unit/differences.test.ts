/** The guide's list of what is different from the earlier program: each row is proved by a command or by a test. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { AREAS, DIFFERENCES, differencesMarkdown } from "../../scripts/differences.ts";
import { findLeftovers } from "../../src/routing/leftovers.ts";
import { leftoversRemoval } from "../../src/routing/leftovers-text.ts";
import { blocksOf, pageOf, ROOT } from "../fixtures/documents.ts";
import { earlierEntries } from "../fixtures/earlier-program.ts";
import { kernelWith } from "./routing/plan.fixture.ts";

const named = DIFFERENCES.flatMap(({ area, what, proof }) =>
  "test" in proof ? [{ row: `${area}: ${what}`, ...proof }] : [],
);

test.each(named)("$row is proved by a test that is there", ({ test: path, title }) => {
  expect(existsSync(join(ROOT, path))).toBe(true);
  const text = readFileSync(join(ROOT, path), "utf8").replaceAll(/\s+/g, " ");
  expect(text).toContain(`"${title}"`);
});

test("every area has rows, each of which is there once", () => {
  expect(new Set(DIFFERENCES.map(({ area }) => area))).toEqual(new Set(AREAS));
  const rows = DIFFERENCES.map(({ area, what }) => `${area}: ${what}`);
  expect(new Set(rows).size).toBe(rows.length);
});

test("metrics whose meaning changed are among them", () => {
  const metrics = DIFFERENCES.filter(({ area }) => area === "Metrics").map(({ what }) => what);
  for (const name of ["route_updates_total", "route_update_duration_seconds", "check_cycle_duration_seconds"]) {
    expect(metrics.join(" ")).toContain(name);
  }
});

test("the list has no line above 80 columns, but for code that stays whole", () => {
  const wide = differencesMarkdown()
    .split("\n")
    .filter((line) => line.length > 80);
  expect(wide.filter((line) => !line.startsWith("  `"))).toEqual([]);
});

test("the commands of the page remove what a kill leaves with the defaults", async () => {
  const kernel = kernelWith(...earlierEntries({ gateways: ["10.0.0.11", "10.0.0.12"] }));
  const observed = await kernel.observe(180, []);
  const place = { table: 180, preference: 10_888, gateways: [], managed: [] };
  const leftovers = await findLeftovers(observed, place, kernel.visitRoutes);
  const [commands] = blocksOf(pageOf("migration"), "");
  expect(commands!.trim().replaceAll(/(?<!;) *\n/g, "; ")).toBe(leftoversRemoval(leftovers!, observed.policies));
});
