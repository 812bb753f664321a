import { expect, test } from "bun:test";

import { FAULTS } from "../faults/all.ts";

test("the README lists the rows of scripts/faults, which writes them with --readme", async () => {
  const readme = await Bun.file(new URL("../../README.md", import.meta.url)).text();
  const [, section = ""] = /<!-- faults: made by .* -->([^]*)<!-- end of faults -->/.exec(readme) ?? [];
  const rows = section.split("\n").filter((line) => line.startsWith("| ") && !/^\| (---|.* \| Promised \|)/.test(line));
  const listed = rows.map((row) => row.split(" | ").slice(0, 2).join(" | "));
  expect(listed).toEqual(FAULTS.map(({ name, promise }) => `| ${name} | ${promise}`));
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});
