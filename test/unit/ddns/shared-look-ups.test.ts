import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import type { DdnsEvent } from "../../../src/ddns/events.ts";
import type { LookUpResult } from "../../../src/ddns/look-up-result.ts";
import { SharedLookUps } from "../../../src/ddns/shared-look-ups.ts";
import { FAILURE, pass, REFRESH, SUCCESS } from "./look-up-schedule.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const found = (address: string): LookUpResult => ({ kind: "success", seconds: 0, address });

/** Two names that share look-ups, each of which takes as long as `take` says and has the answer that is set by then. */
function setUp(take = 5) {
  const asked: string[] = [];
  const events: DdnsEvent[] = [];
  const answers = new Map<string, LookUpResult>();
  const lookUps = new SharedLookUps({
    ...{ refresh: REFRESH, random: () => 0, emit: (event) => void events.push(event) },
    lookUp(gateway) {
      asked.push(gateway);
      const { promise, resolve } = Promise.withResolvers<LookUpResult>();
      setTimeout(() => resolve(answers.get(gateway) ?? SUCCESS), take);
      return promise;
    },
  });
  const user = () => {
    const results: string[] = [];
    const onResult = (gateway: string, result: LookUpResult): void => {
      results.push(`${gateway} ${result.kind === "success" ? result.address : result.kind}`);
    };
    return { results, activate: (...gateways: string[]) => lookUps.setActive(onResult, new Set(gateways)) };
  };
  const changes = () => events.flatMap((event) => (event.type === "public-ip-changed" ? [event] : []));
  return { lookUps, asked, events, answers, one: user(), other: user(), changes };
}

describe("a gateway that two names need", () => {
  test("is looked up once for both, again and again", async () => {
    const { asked, events, one, other } = setUp();
    one.activate("a", "b");
    other.activate("b", "c");
    await pass(10);
    expect(asked).toEqual(["a", "b", "c"]);
    expect(one.results).toEqual(["a 1.0.0.1", "b 1.0.0.1"]);
    expect(other.results).toEqual(["b 1.0.0.1", "c 1.0.0.1"]);
    expect(events.filter(({ type }) => type === "public-ip")).toHaveLength(3);
    await pass(REFRESH + 10);
    expect(asked).toEqual(["a", "b", "c", "a", "b", "c"]);
  });

  test("gives a name that needs it a moment later the result of that moment", async () => {
    const { asked, one, other } = setUp();
    one.activate("a");
    await pass(1900);
    other.activate("a");
    expect([asked, other.results]).toEqual([["a"], ["a 1.0.0.1"]]);
  });

  test("is looked up at once for a name that needs it later, and both have the result", async () => {
    const { asked, answers, one, other } = setUp();
    one.activate("a");
    await pass(5000);
    answers.set("a", found("1.0.0.2"));
    other.activate("a");
    expect([asked, other.results]).toEqual([["a", "a"], []]);
    await pass(10);
    expect([one.results, other.results]).toEqual([["a 1.0.0.1", "a 1.0.0.2"], ["a 1.0.0.2"]]);
    await pass(REFRESH - 100);
    expect(asked).toHaveLength(2); // one rhythm
    await pass(100);
    expect(asked).toHaveLength(3);
  });

  test("is not looked up for the other name before its service allows it", async () => {
    const { asked, answers, one, other } = setUp();
    const { kind, seconds, code, detail } = FAILURE as Extract<LookUpResult, { kind: "failure" }>;
    answers.set("a", { kind, seconds, code, detail, retryAfterMs: 60_000 });
    one.activate("a");
    await pass(59_000, 500);
    other.activate("a");
    expect([asked, other.results]).toEqual([["a"], ["a failure"]]);
    await pass(1100);
    expect(asked).toHaveLength(2);
  });

  test("goes on for one name when the other one needs it no more", async () => {
    const { asked, one, other } = setUp();
    one.activate("a");
    other.activate("a");
    await pass(10);
    one.activate();
    await pass(REFRESH + 10);
    expect([asked, one.results, other.results]).toEqual([["a", "a"], ["a 1.0.0.1"], ["a 1.0.0.1", "a 1.0.0.1"]]);
    other.activate();
    expect(jest.getTimerCount()).toBe(0);
  });

  test("that no name needed for a time is looked up at once, whatever was known", async () => {
    const { asked, one, other } = setUp();
    one.activate("a");
    await pass(10);
    one.activate();
    other.activate("a");
    expect([asked, other.results]).toEqual([["a", "a"], []]);
  });

  test("may be given up by one of them while its look-up is under way", async () => {
    const { asked, one, other } = setUp();
    one.activate("a");
    other.activate("a");
    await pass(1);
    one.activate();
    await pass(10);
    expect([asked, one.results, other.results]).toEqual([["a"], [], ["a 1.0.0.1"]]);
  });
});

describe("a change of an address", () => {
  test("is reported once, with the address before", async () => {
    const { answers, one, other, changes } = setUp();
    one.activate("a");
    other.activate("a");
    await pass(10);
    expect(changes()).toEqual([{ type: "public-ip-changed", gateway: "a", from: undefined, to: "1.0.0.1" }]);
    answers.set("a", found("1.0.0.2"));
    await pass(2 * REFRESH + 100);
    expect(changes().slice(1)).toEqual([{ type: "public-ip-changed", gateway: "a", from: "1.0.0.1", to: "1.0.0.2" }]);
  });

  test("is found over a time away and a failure, and is none when the address is the same then", async () => {
    const { answers, one, changes } = setUp();
    one.activate("a");
    await pass(10);
    answers.set("a", FAILURE);
    one.activate();
    one.activate("a");
    await pass(10);
    answers.set("a", SUCCESS);
    await pass(1100);
    expect(changes()).toHaveLength(1);
    answers.set("a", found("1.0.0.9"));
    one.activate();
    one.activate("a");
    await pass(10);
    expect(changes().slice(1)).toMatchObject([{ from: "1.0.0.1", to: "1.0.0.9" }]);
  });

  test("is forgotten with a gateway that there is no more", async () => {
    const { lookUps, one, changes } = setUp();
    one.activate("a", "b");
    await pass(10);
    lookUps.keep(["b"]);
    one.activate("b");
    one.activate("a", "b");
    await pass(10);
    expect(changes().map(({ gateway, from }) => [gateway, from])).toEqual([
      ["a", undefined],
      ["b", undefined],
      ["a", undefined],
    ]);
  });

  test("is none when another gateway had the same address", async () => {
    const { answers, one, changes } = setUp();
    answers.set("b", found("1.0.0.2"));
    one.activate("a", "b");
    await pass(10);
    answers.set("b", SUCCESS);
    await pass(REFRESH + 10);
    expect(changes().map(({ gateway, from, to }) => [gateway, from, to])).toEqual([
      ["a", undefined, "1.0.0.1"],
      ["b", undefined, "1.0.0.2"],
      ["b", "1.0.0.2", "1.0.0.1"],
    ]);
  });
});
