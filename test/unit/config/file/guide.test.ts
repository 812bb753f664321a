import { describe, expect, test } from "bun:test";

import { blocksOf, pageOf, PAGES, README } from "../../../fixtures/documents.ts";
import { parseText, problemsOf } from "./file.fixture.ts";

const page = pageOf("configuration-file");
const files = blocksOf(page, "toml");

/** The guide's other files are those of other programs, and begin with their name. */
const isOurs = (text: string): boolean => /^\[\[(gateway|pool)\]\]$/m.test(text);
const examples = [README, ...PAGES].flatMap(({ path, text }) =>
  blocksOf(text, "toml").map((block, index): [string, number, string] => [path, index + 1, block]),
);
const [gateways] = blocksOf(pageOf("pools"), "toml")[0]!.split("[[pool]]");

describe("examples of files in the guide", () => {
  test.each(examples.filter(([, , text]) => text.includes("[[gateway]]")))("%s, example %i is valid", (_, __, text) => {
    const secrets = {
      ...{ "/etc/grm/dynu-api-key": "S3cr3t", "/etc/grm/cloudflare-token": "S3cr3t" },
      "/etc/grm/tsig.key": 'key "gw" { algorithm hmac-sha256; secret "c2VjcmV0IHNlY3JldA=="; };',
    };
    expect(parseText(text, { secrets })).toMatchObject({ ok: true, warnings: [] });
  });

  test.each(examples.filter(([, , text]) => isOurs(text) && !text.includes("[[gateway]]")))(
    "%s, example %i is valid with the gateways of the page about pools",
    (_, __, text) => {
      expect(problemsOf(`${gateways}${text}`)).toEqual([]);
    },
  );

  test("all others are named as files of other programs", () => {
    const others = examples.filter(([, , text]) => !isOurs(text)).map(([, , text]) => text.split("\n")[0]);
    expect(others).toEqual(["# auth.toml"]);
  });
});

test("the guide shows problems as the program does", () => {
  const text = files[1]!
    .replace('period = "1s"', "period = 5")
    .replace('{ gateway = "sweden", weight = 2 }', '{ gateway = "swedn" }');
  const shown = page.match(/^config\.toml:\S+ (.*)$/gm)!.map((line) => line.replace(/^\S+ /, ""));
  expect(problemsOf(text).map((problem) => problem.replace(/^\S+ /, ""))).toEqual(shown);
});
