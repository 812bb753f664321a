import { expect, test } from "bun:test";

import { withTables } from "../../scripts/docs.ts";

const README = new URL("../../README.md", import.meta.url).pathname;

test("the tables of the README are those of the code; scripts/docs writes them", async () => {
  const readme = await Bun.file(README).text();
  expect(readme).toBe(withTables(readme));
});
