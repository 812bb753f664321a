import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { ProbeResult } from "../../../src/probe/probe.ts";
import { type TargetEvent, TargetFaults } from "../../../src/probe/target-faults.ts";
import { answer, failure } from "./round.fixture.ts";

const OK = answer(0.01);
const FAIL = failure(0.1);
const TARGETS = ["a", "b", "c"];

/** `record("g1", "a- b+")` takes in a round through g1 in which a failed and b answered. */
function setUp(gateways: readonly string[] = ["g1", "g2"], targets: readonly string[] = TARGETS) {
  const events: TargetEvent[] = [];
  let now = 0;
  const emit = (event: TargetEvent): void => void events.push(event);
  const faults = new TargetFaults({ prober: "icmp", targets, gateways, emit, now: () => now });
  return {
    ...{ faults, events },
    pass: (milliseconds: number) => void (now += milliseconds),
    record(gateway: string, round: string): void {
      const said = round.split(" ").map((one) => [one[0]!, one[1] === "+" ? OK : FAIL] as const);
      faults.record(gateway, new Map(said));
    },
    current: () => [...faults.current].join(""),
    reported: () => events.map(({ type, target }) => `${type} ${target}`),
  };
}

describe("a target", () => {
  test("that fails through all gateways while others answer is at fault, and reported once", () => {
    const { record, current, events } = setUp(["g1", "g2", "g3"]);
    for (const gateway of ["g1", "g2"]) record(gateway, "a- b+");
    expect(current()).toBe("");
    for (let round = 0; round < 3; round++) record("g3", "a- c+");
    expect(current()).toBe("a");
    const { code, detail } = FAIL as Extract<typeof FAIL, { kind: "failure" }>;
    expect(events).toEqual([{ type: "target-fault", prober: "icmp", target: "a", code, detail }]);
  });

  test("that fails three times through the only gateway while others answer is at fault", () => {
    const { record, current } = setUp(["g1"]);
    record("g1", "a- b+");
    record("g1", "a- b+");
    expect(current()).toBe("");
    record("g1", "a- b+");
    expect(current()).toBe("a");
  });

  test("that was not yet asked through one gateway is not at fault however often it fails through the other", () => {
    const { record, current } = setUp();
    for (let round = 0; round < 10; round++) record("g1", "a- b+");
    expect(current()).toBe("");
    record("g2", "a- b+");
    expect(current()).toBe("a");
  });

  test("that answers through one gateway is not at fault however often it fails through the others", () => {
    const { record, current } = setUp();
    for (let round = 0; round < 10; round++) {
      record("g1", "a- b+");
      record("g2", "a+");
    }
    expect(current()).toBe("");
  });

  test("is not at fault by one lost packet while the other gateway is down", () => {
    const { record, current } = setUp();
    for (let round = 0; round < 10; round++) record("g2", "a- b- c-");
    record("g1", "a- b+");
    expect(current()).toBe("");
    record("g1", "a- b+");
    record("g1", "a- b+");
    expect(current()).toBe("a");
  });

  test("is not at fault when no target answers through any gateway, nor when it is the only one", () => {
    const outage = setUp();
    for (let round = 0; round < 10; round++) for (const gateway of ["g1", "g2"]) outage.record(gateway, "a- b- c-");
    const alone = setUp(["g1"], ["a"]);
    for (let round = 0; round < 10; round++) alone.record("g1", "a-");
    expect([outage.current(), alone.current()]).toEqual(["", ""]);
  });

  test("is not at fault when its packets could not be sent", () => {
    const { faults, current } = setUp(["g1"]);
    const unsent: ProbeResult = { kind: "failure", code: "exhausted", seconds: 0, detail: "no socket" };
    const said = new Map([
      ["a", unsent],
      ["b", OK],
    ]);
    for (let round = 0; round < 10; round++) faults.record("g1", said);
    expect(current()).toBe("");
  });

  test("at fault is back with its first answer through any gateway, and reported once", () => {
    const { record, current, reported } = setUp(["g1"]);
    for (let round = 0; round < 5; round++) record("g1", "a- b+");
    record("g1", "a+ b+");
    record("g1", "a+ b+");
    expect(current()).toBe("");
    expect(reported()).toEqual(["target-fault a", "target-back a"]);
  });

  test("at fault is to be asked again after the pause, once through each gateway", () => {
    const { record, faults, pass } = setUp();
    for (let round = 0; round < 2; round++) for (const gateway of ["g1", "g2"]) record(gateway, "a- b+");
    pass(29_999);
    expect([...faults.takeDue("g1"), ...faults.takeDue("g2")]).toEqual([]);
    pass(1);
    expect(faults.takeDue("g1")).toEqual(["a"]);
    expect(faults.takeDue("g1")).toEqual([]);
    pass(1000);
    expect(faults.takeDue("g2")).toEqual(["a"]);
    pass(29_000);
    expect([faults.takeDue("g1"), faults.takeDue("g2")]).toEqual([["a"], []]);
  });
});

test("targets at fault lower how many have to answer, to one at least", () => {
  const { record, faults } = setUp(["g1"]);
  expect([1, 2, 3].map((need) => faults.effectiveNeed(need))).toEqual([1, 2, 3]);
  for (let round = 0; round < 3; round++) record("g1", "a- c+");
  expect([1, 2, 3].map((need) => faults.effectiveNeed(need))).toEqual([1, 2, 2]);
  for (let round = 0; round < 3; round++) record("g1", "a- b- c+");
  expect([1, 2, 3].map((need) => faults.effectiveNeed(need))).toEqual([1, 1, 1]);
});

test("whatever targets answer, they are never all at fault, and each fault and its end is reported once in turn", () => {
  const round = fc.tuple(fc.constantFrom("g1", "g2"), fc.subarray(TARGETS, { minLength: 1 }), fc.subarray(TARGETS));
  fc.assert(
    fc.property(fc.array(round, { maxLength: 80 }), (rounds) => {
      const { record, faults, events } = setUp();
      const failing = new Map(TARGETS.map((target) => [target, new Set<string>()]));
      for (const [gateway, asked, answering] of rounds) {
        record(gateway, asked.map((one) => one + (answering.includes(one) ? "+" : "-")).join(" "));
        for (const one of asked) {
          if (answering.includes(one)) failing.get(one)!.clear();
          else failing.get(one)!.add(gateway);
        }
        expect(faults.current.size).toBeLessThan(TARGETS.length);
        for (const one of faults.current) expect(failing.get(one)!.size).toBe(2);
      }
      for (const target of TARGETS) {
        const types = events.filter((event) => event.target === target).map(({ type }) => type);
        const alternating = types.map((_, index) => (index % 2 === 0 ? "target-fault" : "target-back"));
        expect(types).toEqual(alternating);
        expect(faults.current.has(target)).toBe(types.at(-1) === "target-fault");
      }
    }),
    { numRuns: 300 },
  );
});
