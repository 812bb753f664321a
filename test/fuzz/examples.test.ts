import { expect, test } from "bun:test";

import { EXAMPLES } from "./examples.ts";

test("every example belongs to a property that a file of test/fuzz defines", async () => {
  const files = [...new Bun.Glob("*.test.ts").scanSync(import.meta.dir)];
  const texts = await Promise.all(files.map((file) => Bun.file(`${import.meta.dir}/${file}`).text()));
  const properties = texts.flatMap((text) => [...text.matchAll(/\bfuzz\(\s*"([^"]+)"/g)].map(([, name]) => name!));
  expect(properties.length).toBeGreaterThan(20);
  for (const name of Object.keys(EXAMPLES)) expect(properties).toContain(name);
});
