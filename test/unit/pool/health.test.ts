import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { ADOPTED, advance, type Health, isBetweenStates, UNKNOWN } from "../../../src/pool/health.ts";
import type { ProbeResult } from "../../../src/probe/probe.ts";

const OK: ProbeResult = { kind: "success", seconds: 0.01, detail: "status 200", status: 200 };
const FAIL: ProbeResult = { kind: "failure", seconds: 1, code: "timeout", detail: "timeout after 1s" };

/** Statuses after each result of a text of `+` and `-`. */
function statuses(results: string, rise: number, fall: number, start: Health = UNKNOWN): string {
  let health = start;
  return [...results]
    .map((sign) => {
      health = advance(health, sign === "+" ? OK : FAIL, { rise, fall });
      return health.status;
    })
    .join(" ");
}

describe("the status of a gateway", () => {
  test.each([
    ["+", 1, 1, "up"],
    ["-", 1, 1, "down"],
    ["+-+", 1, 1, "up down up"],
    ["+", 3, 3, "up"], // the first result decides alone
    ["-", 3, 3, "down"],
    ["-+++", 3, 1, "down down down up"],
    ["-++-+++", 3, 1, "down down down down down down up"], // a failure starts the count again
    ["+---", 1, 3, "up up up down"],
    ["+--+---", 1, 3, "up up up up up up down"],
  ])("after results %p with rise %d and fall %d is %s", (results, rise, fall, expected) => {
    expect(statuses(results, rise, fall)).toBe(expected);
  });

  test("is up for a gateway of an earlier run until it has failed `fall` times", () => {
    expect(statuses("--", 1, 2, ADOPTED)).toBe("up down");
  });

  test("is changed by a probe besides the rhythm only where one result is enough", () => {
    const statusAfter = (rise: number, fall: number, start: Health, result: ProbeResult): string =>
      advance(start, result, { rise, fall }, true).status;
    const down: Health = { status: "down", against: 0, failures: 1 };
    expect(statusAfter(1, 1, ADOPTED, FAIL)).toBe("down");
    expect(statusAfter(1, 1, down, OK)).toBe("up");
    expect(statusAfter(1, 1, UNKNOWN, OK)).toBe("up");
    let health = ADOPTED;
    for (let probe = 0; probe < 9; probe++) health = advance(health, FAIL, { rise: 2, fall: 2 }, true);
    expect(health).toMatchObject({ status: "up", against: 0, failures: 9 });
  });

  test("is not changed by a probe that could not be sent", () => {
    const unsent: ProbeResult = { kind: "failure", seconds: 0, code: "exhausted", detail: "no socket" };
    for (const before of [UNKNOWN, ADOPTED, { status: "up", against: 1, failures: 1 } as const]) {
      expect(advance(before, unsent, { rise: 1, fall: 1 })).toEqual(before);
    }
  });

  test("changes, once known, after exactly `rise` or `fall` results in a row against it", () => {
    const run = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(run, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }), (results, rise, fall) => {
        let health: Health = UNKNOWN;
        let status = results[0] ? "up" : "down";
        let against = 0;
        for (const result of results) {
          health = advance(health, result ? OK : FAIL, { rise, fall });
          against = (result ? "up" : "down") === status ? 0 : against + 1;
          if (against >= (status === "up" ? fall : rise)) {
            status = status === "up" ? "down" : "up";
            against = 0;
          }
          expect(health.status).toBe(status as Health["status"]);
        }
      }),
    );
  });
});

test("a gateway is between its states while its last results are against its status", () => {
  const between = (results: string): string => {
    let health = UNKNOWN;
    const thresholds = { rise: 2, fall: 3 };
    return [...results]
      .map((sign) => isBetweenStates((health = advance(health, sign === "+" ? OK : FAIL, thresholds))))
      .map((it) => (it ? "?" : "."))
      .join("");
  };
  expect(between("+--+---+-++")).toBe(".??.??.?.?.");
  expect(between("-+-++")).toBe(".?.?.");
});

test("failures in a row are counted for every status, and a success resets the count", () => {
  let health = ADOPTED;
  for (const result of [FAIL, FAIL, FAIL]) health = advance(health, result, { rise: 1, fall: 2 });
  expect(health.failures).toBe(3);
  expect(advance(health, OK, { rise: 1, fall: 2 }).failures).toBe(0);
});
