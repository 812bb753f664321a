import { describe, expect, test } from "bun:test";

import type { PoolConfig } from "../../../src/config/model.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { tierRulesOf } from "../../../src/config/tiers.ts";
import { failureText } from "../../../src/text/failure.ts";

const RANGE = { "start-ip": "10.0.0.1", "end-ip": "10.0.0.2" };
const LTE = { gateway: "10.0.0.3,tier=2" };

function accepted(flags: Record<string, string>) {
  const parsed = parseConfig({ ...RANGE, ...flags }, { environment: {}, readFile: () => "" });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  return parsed;
}

const poolOf = (flags: Record<string, string>): PoolConfig => accepted(flags).config.pools[0];
const warningsOf = (flags: Record<string, string>): string[] => accepted(flags).warnings.map(failureText);

describe("the tiers of a pool", () => {
  test("are those of its members, with when which of them carries the traffic", () => {
    const flags = { ...LTE, "tier-min": "2", "tier-shortage": "join", "tier-failback-delay": "5m" };
    expect(tierRulesOf(poolOf(flags))).toEqual({
      of: new Map([
        ["10.0.0.1", 1],
        ["10.0.0.2", 1],
        ["10.0.0.3", 2],
      ]),
      least: 2,
      shortage: "join",
      failbackDelay: 300_000,
    });
  });

  test("do not matter where all members are of one", () => {
    expect(tierRulesOf(poolOf({}))).toBeUndefined();
    expect(tierRulesOf(poolOf({ gateway: "10.0.0.1,tier=3 10.0.0.2,tier=3" }))).toBeUndefined();
  });
});

describe("a warning", () => {
  test("is due for each flag of tiers where all gateways are of one", () => {
    const flags = { "tier-min": "2", "tier-shortage": "join", "tier-failback-delay": "5m" };
    expect(warningsOf(flags)).toEqual([
      expect.stringMatching(/^-tier-min 2 has no effect: all gateways are of one tier; .*,tier=2/),
      expect.stringMatching(/^-tier-shortage join has no effect/),
      expect.stringMatching(/^-tier-failback-delay 5m0s has no effect/),
    ]);
    expect(warningsOf({ ...flags, ...LTE })).toEqual([]);
  });

  test("is due for a tier that has fewer gateways than would be enough, unless another tier can join it", () => {
    const flags = { ...LTE, "tier-min": "3" };
    expect(warningsOf(flags)).toEqual([
      "-tier-min 3: tier 1 has only 2 gateways, so that it carries no traffic while another tier has enough; lower it to 2, or use -tier-shortage join",
    ]);
    expect(warningsOf({ ...flags, "tier-shortage": "join" })).toEqual([]);
    expect(warningsOf({ ...LTE, "tier-min": "2" })).toEqual([]);
  });

  test("is not due where the gateways come from elsewhere", () => {
    const parsed = parseConfig({ "tier-min": "2" }, { environment: {}, readFile: () => "", partial: true });
    expect(parsed).toMatchObject({ ok: true, warnings: [] });
  });
});

test.each([
  ["tier-min", "0", "a whole number from 1 to 1000"],
  ["tier-shortage", "both", "replace or join"],
  ["tier-failback-delay", "25h", "a duration up to 24h, such as 5m, or 0 for none"],
  ["tier-failback-delay", "300", "a duration with a unit; did you mean 300s?"],
])("-%s %s is rejected", (flag, text, expected) => {
  expect(parseConfig({ ...RANGE, [flag]: text }, { environment: {}, readFile: () => "" })).toEqual({
    ok: false,
    problems: [`-${flag} "${text}": expected ${expected}`],
  });
});
