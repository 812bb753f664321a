import { describe, expect, test } from "bun:test";

import { checkExitAnswers, type ExitAnswerFacts } from "../../../src/diagnose/exit-answers.ts";
import { cidrs } from "../routing/plan.fixture.ts";

const FACTS: ExitAnswerFacts = {
  urls: ["https://ip.test/"],
  destinations: { managed: cidrs("0.0.0.0/0"), excluded: cidrs("9.0.0.0/8"), reserved: [], gateways: [] },
  connected: [],
  closed: false,
  filters: new Map([["eth0", 0]]),
  ownFilters: new Map([["wan0", 0]]),
};

/** The levels of the findings. */
const levelsOf = (facts: Partial<ExitAnswerFacts>): string[] =>
  checkExitAnswers({ ...FACTS, ...facts }).map(({ level }) => level);

const filter = (device: string, value: number) => new Map([[device, value]]);

describe("answers to the question for the own exit", () => {
  test.each([
    [0, []],
    [1, ["error"]],
    [2, []],
  ])("with rp_filter %d on another interface than that of the gateways", (value, levels) => {
    expect(levelsOf({ ownFilters: filter("wan0", value) })).toEqual(levels);
    expect(levelsOf({ ownFilters: filter("wan0", value), urls: ["http://8.8.8.8/"] })).toEqual(levels);
    expect(levelsOf({ ownFilters: filter("wan0", value), urls: ["http://9.9.9.9/"] })).toEqual([]);
    expect(levelsOf({ ownFilters: filter("wan0", value), destinations: [] })).toEqual([]);
  });

  test("name the interface and the remedy", () => {
    expect(checkExitAnswers({ ...FACTS, ownFilters: filter("wan0", 1) })).toMatchObject([
      {
        topic: "rp_filter",
        message: expect.stringMatching(/^strict \(1\) on wan0: .*so -exit-check finds no leak$/),
        remedy: "sysctl net.ipv4.conf.all.rp_filter=2 net.ipv4.conf.wan0.rp_filter=2",
      },
    ]);
  });
});

test.each([
  ["a name, a kill switch and a filter at the gateways", { filters: filter("eth0", 2) }, ["warning"]],
  ["a name, a kill switch and a filter at the other line", { ownFilters: filter("wan0", 2) }, ["warning"]],
  ["an address beside it", { filters: filter("eth0", 2), urls: ["https://ip.test/", "http://8.8.8.8/"] }, []],
  ["no filter", {}, []],
  ["no kill switch", { filters: filter("eth0", 2), closed: false }, []],
  ["no exit check", { filters: filter("eth0", 2), urls: [] }, []],
])("answers to exit checks with %s", (_, facts, levels) => {
  expect(levelsOf({ closed: true, ...facts })).toEqual(levels);
});
