import { describe, expect, test } from "bun:test";

import { type ParsedConfig, parseConfig } from "../../../src/config/parse.ts";
import { valuesOf } from "./config.fixture.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };

const FILES: Readonly<Record<string, string>> = {
  "/grm": "from the GRM file",
  "/legacy": "from the legacy file",
  "/line": "secret\n",
  "/crlf": "secret\r\n",
  "/lines": "one\ntwo\n\n",
  "/spaces": " secret ",
  "/empty": "",
  "/newline": "\n",
};

function readFile(path: string): string {
  const content = FILES[path];
  if (content === undefined) throw new Error("no such file");
  return content;
}

/** A DNS name without its key. */
const DNS_NAME = { "ddns-provider": "dynudns", "ddns-hostname": "gw.example.com" };

type Texts = Record<string, string>;

const parse = (flags: Texts, environment: Texts): ParsedConfig =>
  parseConfig({ ...RANGE, ...flags }, { environment, readFile });

/** The configuration of a range with more flags and variables, which must be without fault. */
function configOf(flags: Texts, environment: Texts) {
  const parsed = parse(flags, environment);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return valuesOf(parsed.config);
}

describe.each([
  ["ddnsPassword", "ddns-password", "DDNS_PASSWORD", DNS_NAME],
  [
    "publicIpServicePassword",
    "public-ip-service-password",
    "PUBLIC_IP_SERVICE_PASSWORD",
    { "public-ip-service-username": "user" },
  ],
] as const)("%s", (field, flag, legacy, others) => {
  /** All sources at once, the strongest first. */
  const sources: readonly (readonly [string, string, string])[] = [
    [`-${flag}`, "from the flag", "from the flag"],
    [`GRM_${legacy}`, "from GRM", "from GRM"],
    [`GRM_${legacy}_FILE`, "/grm", "from the GRM file"],
    [legacy, "from legacy", "from legacy"],
    [`${legacy}_FILE`, "/legacy", "from the legacy file"],
  ];

  test.each(sources.map(([name, , value], index) => [name, index, value] as const))(
    "%s wins over all that come after it",
    (_, index, value) => {
      const given = sources.slice(index).map(([name, text]) => [name, text] as const);
      const flags = Object.fromEntries(given.flatMap(([name, text]) => (name.startsWith("-") ? [[flag, text]] : [])));
      const environment = Object.fromEntries(given.filter(([name]) => !name.startsWith("-")));
      expect(configOf({ ...others, ...flags }, environment)[field]).toBe(value);
    },
  );

  test("an empty variable gives way to the next source", () => {
    const environment = { [`GRM_${legacy}`]: "", [`GRM_${legacy}_FILE`]: "", [legacy]: "from legacy" };
    expect(configOf(others, environment)[field]).toBe("from legacy");
  });
});

describe("a secret's file", () => {
  const secretIn = (path: string) =>
    configOf({ "public-ip-service-username": "user" }, { GRM_PUBLIC_IP_SERVICE_PASSWORD_FILE: path })
      .publicIpServicePassword;

  test.each([
    ["/line", "secret"],
    ["/crlf", "secret"],
    ["/spaces", " secret "],
  ])("%s loses one line break at its end and nothing else", (path, secret) => {
    expect(secretIn(path)).toBe(secret);
  });

  test.each([
    ["/missing", "cannot be read"],
    ["/empty", "empty"],
    ["/newline", "empty"],
  ])("%s is a problem", (path, why) => {
    const parsed = parse({}, { GRM_DDNS_PASSWORD_FILE: path });
    if (parsed.ok) throw new Error("accepted");
    expect(parsed.problems).toHaveLength(1);
    expect(parsed.problems[0]).toContain(`GRM_DDNS_PASSWORD_FILE "${path}"`);
    expect(parsed.problems[0]).toContain(why);
  });

  test("with several lines is a problem that shows none of them", () => {
    const parsed = parse({}, { GRM_DDNS_PASSWORD_FILE: "/lines" });
    expect(parsed.ok ? [] : parsed.problems).toEqual([expect.stringContaining("without line breaks")]);
    expect(JSON.stringify(parsed)).not.toContain("one");
  });

  test("is not read when a stronger source has the secret", () => {
    expect(configOf({ ...DNS_NAME, "ddns-password": "x" }, { GRM_DDNS_PASSWORD_FILE: "/missing" }).ddnsPassword).toBe(
      "x",
    );
  });
});

test("a secret whose file this command does not need is left out", () => {
  const environment = { GRM_DDNS_PASSWORD_FILE: "/missing", GRM_PUBLIC_IP_SERVICE_API_KEY_FILE: "/line" };
  const surroundings = { environment, readFile: () => undefined, partial: true } as const;
  const parsed = parseConfig({}, surroundings);
  expect(parsed).toMatchObject({
    ok: true,
    config: { pools: [{ dnsNames: [] }], publicIp: { publicIpServiceApiKey: undefined } },
  });
});

test("an empty password flag gives way to the environment, as it did in the earlier program", () => {
  expect(configOf({ ...DNS_NAME, "ddns-password": "" }, { DDNS_PASSWORD: "from legacy" }).ddnsPassword).toBe(
    "from legacy",
  );
});
