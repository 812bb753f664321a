import { expect, test } from "bun:test";

import { fill } from "../../../../src/cli/monitoring/fill.ts";

test("a placeholder is replaced wherever it stands", () => {
  expect(fill("up > @LIMIT@ # @LIMIT@, @NAME@", { LIMIT: 0.5, NAME: "half" })).toBe("up > 0.5 # 0.5, half");
});

test("a placeholder that is a whole JSON string becomes a bare number", () => {
  const template = '{ "value": "@LIMIT@", "text": "above @LIMIT@ s" }';
  expect(JSON.parse(fill(template, { LIMIT: 0.125 }))).toEqual({ value: 0.125, text: "above 0.125 s" });
});

test("a value is not searched for placeholders or patterns", () => {
  expect(fill("@A@ @B@", { A: "@B@ $& $1", B: "b" })).toBe("@B@ $& $1 b");
});

test("a placeholder without a value is an error", () => {
  expect(() => fill("@LIMIT@ @OTHER@", { LIMIT: 1 })).toThrow("@OTHER@");
  expect(() => fill("@TO_STRING@", {})).toThrow("@TO_STRING@");
});

test("a value without a placeholder is an error", () => {
  expect(() => fill("@LIMIT@", { LIMIT: 1, OTHER: 2, THIRD: 3 })).toThrow("OTHER, THIRD");
});
