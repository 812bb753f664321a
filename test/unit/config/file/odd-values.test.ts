import { expect, test } from "bun:test";

import { TABLES } from "../../../../src/config/file/tables.ts";
import { parseText } from "./file.fixture.ts";

const GATEWAY = '[[gateway]]\naddress = "10.0.0.1"\n';

/** What begins each table. */
const HEADERS: Readonly<Record<string, string>> = {
  "[service]": "[service]\n",
  "[[gateway]]": "[[gateway]]\n",
  '[probe.NAME] with type = "http"': '[probe.x]\ntype = "http"\n',
  "[probe.NAME] with another type": '[probe.x]\ntype = "icmp"\n',
  "[exit-check]": "[exit-check]\n",
  "[public-ip]": "[public-ip]\n",
  "[[pool]]": "[[pool]]\n",
  "a member": "[[pool]]\n[[pool.members]]\n",
  "[[ddns]]": "[[ddns]]\n",
};

/** Values of all kinds, few of which a key takes. */
const ODD = ["{ }", "{ a = 1 }", "[{ }]", "[[{ a = [] }]]", "[]", "[[]]", "1979-05-27", "07:32:00", "nan", "-inf"];

const rows = TABLES.flatMap(({ title, keys }) => Object.values(keys).map(({ name }) => [title, name] as const));

test.each(rows)("%s %s takes a value of any kind, or says where it is wrong", (title, name) => {
  for (const value of ODD) {
    const header = HEADERS[title]!.replace(name === "type" ? /type = .*\n/ : "\0", "");
    const text = `${GATEWAY}${header}${name} = ${value}\n`;
    const parsed = parseText(text);
    const problems = parsed.ok ? [] : parsed.problems;
    const isEmptyList = value === "[]";
    if (!isEmptyList) expect(problems.length).toBeGreaterThan(0);
    for (const problem of problems) {
      expect(problem).toMatch(/^\/etc\/grm\/pools\.toml:\d+:\d+: [^\n]+\n +\d+ \| /);
      expect(problem.split("\n")[0]).not.toMatch(/undefined|object Object/);
    }
  }
});
