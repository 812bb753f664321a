import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import Ajv from "ajv";
import { parse } from "smol-toml";

import type { Key } from "../../../../src/config/file/keys.ts";
import { configSchema, helpOf } from "../../../../src/config/file/schema.ts";
import { TABLES } from "../../../../src/config/file/tables.ts";
import { options, optionList } from "../../../../src/config/options.ts";
import { parseText } from "./file.fixture.ts";

const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: true, allowUnionTypes: true });
const validate = ajv.compile(configSchema());

const read = (name: string): string => readFileSync(join(import.meta.dir, name), "utf8");

/** Whether a file is valid, by the schema. */
const isValid = (text: string): boolean => validate(parse(text));

const GATEWAY = '[[gateway]]\naddress = "10.0.0.1"\n';

test("the schema accepts a file with pools, which names it for editors", () => {
  const text = `#:schema ./config-schema.json\n${read("pools.toml")}`;
  expect(isValid(text)).toBe(true);
  expect(parseText(text)).toMatchObject({ ok: true });
});

describe("the schema and the service agree", () => {
  test.each([
    [true, GATEWAY],
    [true, '[[gateway]]\nstart-ip = "10.0.0.1"\nend-ip = "10.0.0.2"'],
    [true, `${GATEWAY}[probe.x]\ntype = "icmp"\ntargets = ["1.1.1.1"]\nneed = 1`],
    [true, `${GATEWAY}[[pool]]\nmembers = ["10.0.0.1", ]\nmark = 0x10`],
    [true, `${GATEWAY}[[pool]]\nmark = "0x10/0xff"\nroutes = ["default"]\nflap-hold = "0"`],
    [false, ""],
    [false, "[[gateway]]"],
    [false, '[[gateway]]\nstart-ip = "10.0.0.1"'],
    [false, `${GATEWAY}end-ip = "10.0.0.2"`],
    [false, `${GATEWAY}adress = "10.0.0.1"`],
    [false, '[[gateway]]\naddress = "gateway.local"'],
    [false, `${GATEWAY}[[pool]]\nmembers = [{ weight = 2 }]`],
    [false, `${GATEWAY}[[pool]]\nmembers = [{ gateway = "10.0.0.1", weight = 200 }]`],
    [false, `${GATEWAY}[[pool]]\nroutes = "default"`],
    [false, `${GATEWAY}[[pool]]\nwhen-no-gateways = "drop"`],
    [false, `${GATEWAY}[probe.x]\nport = 80`],
    [false, `${GATEWAY}[probe.x]\ntype = "icmp"\nport = 80\ntargets = ["1.1.1.1"]`],
    [false, `${GATEWAY}[probe.x]\ntype = "icmp"`],
    [false, `${GATEWAY}[probe.x]\ntype = "http"\nperiod = "5"`],
    [false, `${GATEWAY}[probe.x]\ntype = "http"\nport = "80"`],
    [false, `${GATEWAY}[service]\nhttp-password = "S3cr3t"`],
    [false, `${GATEWAY}[service]\nstatus-page = "true"`],
    [false, `${GATEWAY}[pools]`],
    [false, `${GATEWAY}[[ddns]]\nhostname = "a.example"`],
  ])("%j: %j", (valid, text) => {
    expect(isValid(text)).toBe(valid);
    expect(parseText(text).ok).toBe(valid);
  });
});

const keys: readonly (readonly [table: string, key: Key])[] = TABLES.flatMap(({ title, keys }) =>
  Object.values<Key>(keys).map((key) => [title, key] as const),
);

describe("the tables of the file", () => {
  /** Options that the file says by its structure, or that are about the file itself. */
  const OTHERWISE = ["gateway", "through", "throughOnly", "config"];
  /** Options that several tables have, since flags say them once for all. */
  const SEVERAL = ["timeout", "throughTimeout"];

  test("have a key for each option, and one only", () => {
    for (const option of Object.keys(options)) {
      const count = keys.filter(([, key]) => key.option === option).length;
      expect([option, count]).toEqual([option, OTHERWISE.includes(option) ? 0 : SEVERAL.includes(option) ? 2 : 1]);
    }
  });

  test("name each key once", () => {
    for (const { title, keys } of TABLES) {
      const names = Object.values<Key>(keys).map(({ name }) => name);
      expect([title, names]).toEqual([title, [...new Set(names)]]);
    }
  });

  test.each(keys.map(([title, key]) => [`${title} ${key.name}`, key] as const))(
    "describe %s without flags",
    (_, key) => {
      const flags = optionList.map(({ flag }) => `-${flag}`);
      expect(
        helpOf(key)
          .split(/[\s,;()]+/)
          .filter((word) => flags.includes(word)),
      ).toEqual([]);
    },
  );
});
