import { expect, test } from "bun:test";

import { FAULTS } from "../faults/all.ts";

test("RESULTS.md has a table row for each fault of scripts/faults, with the same name and promise", async () => {
  const results = await Bun.file(new URL("../faults/RESULTS.md", import.meta.url)).text();
  const [, section = ""] = /<!-- faults: made by .* -->([^]*)<!-- end of faults -->/.exec(results) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !/^\| (---|.* \| Promised \|)/.test(line));
  const listed = rows.map((row) => row.split(" | ").slice(0, 2).join(" | "));
  expect(listed).toEqual(FAULTS.map(({ name, promise }) => `| ${name} | ${promise}`));
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});
