/** The configuration file: whatever it holds, it is a configuration, or problems with places in it. */
import { expect } from "bun:test";
import fc from "fast-check";

import { parseConfigFile } from "../../src/config/file/config-of-file.ts";
import { parseToml } from "../../src/config/file/syntax.ts";
import { mutated } from "./arbitraries.ts";
import { files, likeFile } from "./config-files.ts";
import { fuzz } from "./harness.ts";
import { expectPlaces } from "../unit/config/file/places.fixture.ts";

const LINE = /^c\.toml:(\d+):(\d+): [^\n]+\n *\1 \| ([^\n]*)\n +\| ( *)\^+$/;

fuzz(
  "config file: a changed file is a configuration, or problems that stand in a line of it",
  likeFile,
  (text) => {
    const surroundings = { environment: {}, readFile: () => "S3cr3t" };
    const parsed = parseConfigFile({ path: "c.toml", text }, {}, surroundings);
    if (parsed.ok) {
      expect(parsed.config.pools.length).toBeGreaterThan(0);
      expect(parsed.config.pools.every(({ members }) => members.length > 0)).toBe(true);
      return;
    }
    expect(parsed.problems.length).toBeGreaterThan(0);
    const lines = text.split("\n");
    for (const problem of parsed.problems) {
      const [, line, column, shown, before] = LINE.exec(problem) ?? [];
      if (line === undefined) throw new Error(`no place: ${JSON.stringify(problem)}`);
      expect(Number(line)).toBeLessThanOrEqual(lines.length);
      expect(Number(column)).toBeLessThanOrEqual([...lines[Number(line) - 1]!].length + 1);
      expect(before!.length).toBeLessThanOrEqual(shown!.length);
      expect(problem).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  },
  { runs: 1000 },
);

fuzz("config file: every value of valid TOML stands where its place says", likeFile, (text) => {
  if (parseToml(text).ok) expectPlaces(text);
});

const secret = fc.constantFrom(
  'http-password = "S3cr3t"',
  "password = 'S3cr3t'",
  'webhook-url = """\nhttps://S3cr3t.example/\n"""',
  'service-api-key = "S3cr3t"',
  'http-password "S3cr3t"',
  '[service] http-password = "S3cr3t"',
  'service = { x = 1, http-password = "S3cr3t", y }',
  'password = """\na = S3cr3t \\q"""',
  'targets = ["https://me:S3cr3t@example.com/"]',
  'path = "https://me:S3cr3t@example.com/"',
);

/** Changes before and after the secret, which leave it as it is. */
const around = mutated(fc.constantFrom(...files.map((text) => text.replaceAll("S3cr3t", "secret"))));
const withSecret = fc.tuple(around, secret, around);

fuzz("config file: no problem shows a secret that stands in the file", withSecret, ([before, line, after]) => {
  const text = `${before}\n${line}\n${after}`;
  const parsed = parseConfigFile({ path: "c.toml", text }, {}, { environment: {}, readFile: () => "S3cr3t" });
  if (!parsed.ok) expect(parsed.problems.join("\n")).not.toContain("S3cr3t");
});
