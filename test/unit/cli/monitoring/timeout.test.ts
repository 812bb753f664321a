import { expect, test } from "bun:test";

import { timeoutOf } from "../../../../src/cli/monitoring/documents.ts";
import { parseConfigFile } from "../../../../src/config/file/config-of-file.ts";
import { parseConfig } from "../../../../src/config/parse.ts";

const SURROUNDINGS = { environment: {}, readFile: () => "", partial: true } as const;

const ofFlags = (flags: Readonly<Record<string, string>>): number => {
  const parsed = parseConfig(flags, SURROUNDINGS);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return timeoutOf(parsed.config);
};

const ofFile = (probes: string): number => {
  const text = `${probes}\n[[gateway]]\naddress = "10.0.0.1"`;
  const parsed = parseConfigFile({ path: "config.toml", text }, {}, SURROUNDINGS);
  if (!parsed.ok) throw new Error(parsed.problems.join("\n"));
  return timeoutOf(parsed.config);
};

test("with flags it is -timeout, also where no gateway is given or is probed itself", () => {
  expect(ofFlags({})).toBe(1000);
  expect(ofFlags({ timeout: "250ms" })).toBe(250);
  expect(ofFlags({ timeout: "250ms", through: "icmp:1.1.1.1", "through-only": "true" })).toBe(250);
});

test("of a file it is the longest of the probes of gateways, so that no gateway is called slow too early", () => {
  const http = (name: string, timeout: string) => `[probe.${name}]\ntype = "http"\ntimeout = "${timeout}"\n`;
  expect(ofFile(http("a", "500ms"))).toBe(500);
  expect(ofFile(http("a", "500ms") + http("b", "2s"))).toBe(2000);
  expect(ofFile('[probe.p]\ntype = "icmp"\ntargets = ["1.1.1.1"]\n')).toBe(1000);
});
