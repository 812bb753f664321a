import { expect, test } from "bun:test";

import { bodyContains } from "../../../src/probe/through/body-contains.ts";

async function* body(chunks: readonly string[], onRead = (_: string) => {}) {
  for (const chunk of chunks) {
    onRead(chunk);
    yield Buffer.from(chunk);
  }
}

test.each([
  ["in one chunk", ["hay needle hay"], true],
  ["across chunks", ["nee", "d", "le"], true],
  ["at the end of the limit", ["x".repeat(14), "needle"], true],
  ["beyond the limit", ["x".repeat(15), "needle"], false],
  ["nowhere", ["hay"], false],
  ["in an empty body", [], false],
])("a text %s", async (_, chunks, found) => {
  expect(await bodyContains(body(chunks), "needle", 20)).toBe(found);
});

test("a text of several bytes a letter is found across chunks", async () => {
  const bytes = Buffer.from("größe");
  const chunks = (async function* () {
    yield bytes.subarray(0, 3);
    yield bytes.subarray(3);
  })();
  expect(await bodyContains(chunks, "größe", 100)).toBe(true);
});

test("reading stops where the text is found, and at the limit", async () => {
  const read: string[] = [];
  await bodyContains(
    body(["needle", "a", "b"], (chunk) => read.push(chunk)),
    "needle",
    100,
  );
  await bodyContains(
    body(["12345", "c"], (chunk) => read.push(chunk)),
    "needle",
    5,
  );
  expect(read).toEqual(["needle", "12345"]);
});
