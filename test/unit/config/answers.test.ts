import { describe, expect, test } from "bun:test";

import { throughProber } from "../../../src/config/through-values.ts";
import { answerFacts, droppedAnswers } from "../../../src/config/answers.ts";
import { desiredState } from "../../../src/routing/desired.ts";
import { cidrs, TABLE_REF } from "../routing/plan.fixture.ts";

const proberOf = (text: string) => {
  const parsed = throughProber.parse(text);
  if (!parsed.ok) throw new Error(parsed.expected);
  return parsed.value;
};
const DESTINATIONS = { managed: cidrs("0.0.0.0/0"), excluded: cidrs("9.0.0.0/8"), reserved: [], gateways: [] };
const REJECTED = desiredState(DESTINATIONS, [], [], TABLE_REF, "unreachable").routes;
const OPEN = desiredState(DESTINATIONS, [], [], TABLE_REF).routes;

interface Given {
  readonly through?: string;
  readonly need?: number;
  readonly routes?: typeof OPEN;
  readonly defaults?: readonly string[];
}

/** What is dropped with this filter on eth0, in short. */
function droppedBy(filter: number, { through = "icmp:1.1.1.1", need = 1, routes = OPEN, defaults = [] }: Given) {
  const probers = [{ ...proberOf(through), need }];
  const dropped = droppedAnswers(new Map([["eth0", filter]]), answerFacts(probers, routes, defaults)!);
  return dropped && [dropped.why, dropped.value];
}

describe("answers to probes while no gateway is in use", () => {
  test.each([0, 1, 2])("come in with a kill switch and rp_filter %d, if the targets are addresses", (filter) => {
    expect(droppedBy(filter, { routes: REJECTED })).toBeUndefined();
    expect(droppedBy(filter, { routes: REJECTED, through: "https://1.1.1.1/,http://8.8.8.8/" })).toBeUndefined();
    expect(droppedBy(filter, { routes: REJECTED, through: "https://1.1.1.1/,https://a.test/" })).toBeUndefined();
  });

  test.each([1, 2])("of names that are needed are dropped with a kill switch and rp_filter %d", (filter) => {
    const given = { routes: REJECTED, through: "https://1.1.1.1/,https://a.test/", need: 2 };
    const why = "the kill switch rejects packets to https://a.test/, whose addresses are not known before";
    expect(droppedBy(filter, given)).toEqual([why, 0]);
    expect(droppedBy(0, given)).toBeUndefined();
  });

  test.each([OPEN, REJECTED])("of targets in the normal tables depend on the default route", (...routes) => {
    const given = { routes, through: "icmp:9.9.9.9" };
    expect([0, 1, 2].map((filter) => droppedBy(filter, given)?.[1])).toEqual([undefined, 0, 0]);
    const elsewhere = { ...given, defaults: ["wan0"] };
    expect([0, 2].map((filter) => droppedBy(filter, elsewhere))).toEqual([undefined, undefined]);
    const why = "the default route uses wan0";
    expect(droppedBy(1, elsewhere)).toEqual([why, 2]);
    expect(droppedBy(1, { ...given, defaults: ["wan0", "eth0"] })).toBeUndefined();
  });

  test("of names depend on the default route without a kill switch", () => {
    const given = { through: "https://a.test/" };
    expect([0, 1, 2].map((filter) => droppedBy(filter, given)?.[1])).toEqual([undefined, 0, 0]);
    expect(droppedBy(1, { ...given, defaults: ["wan0"] })?.[1]).toBe(2);
  });

  test("do not matter without probes beyond the gateways", () => {
    expect(answerFacts([], OPEN, [])).toBeUndefined();
  });
});
