import { expect, test } from "bun:test";

import { blocksOf, pageOf } from "../../../fixtures/documents.ts";
import { parseText, problemsOf } from "./file.fixture.ts";

const page = pageOf("configuration-file");
const files = blocksOf(page, "toml");

test.each(files)("the guide's file is valid: %#", (text) => {
  expect(parseText(text, { secrets: { "/etc/grm/dynu-api-key": "S3cr3t" } })).toMatchObject({ ok: true, warnings: [] });
});

test("the guide shows problems as the program does", () => {
  const text = files[1]!
    .replace('period = "1s"', "period = 5")
    .replace('{ gateway = "sweden", weight = 2 }', '{ gateway = "swedn" }');
  const shown = page.match(/^config\.toml:\S+ (.*)$/gm)!.map((line) => line.replace(/^\S+ /, ""));
  expect(problemsOf(text).map((problem) => problem.replace(/^\S+ /, ""))).toEqual(shown);
});
