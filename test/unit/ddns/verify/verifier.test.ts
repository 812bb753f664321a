import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import type { DdnsEvent } from "../../../../src/ddns/events.ts";
import { Verifier } from "../../../../src/ddns/verify/verifier.ts";
import type { View } from "../../../../src/ddns/verify/views.ts";

const MINUTE = 60_000;

let events: DdnsEvent[];
let shown: readonly string[] | Error;
let asked: number;
let verifier: Verifier;

beforeEach(() => {
  jest.useFakeTimers();
  [events, shown, asked] = [[], [], 0];
  const ask = async (): Promise<View[]> => {
    asked += 1;
    if (shown instanceof Error) throw shown;
    return [{ server: "192.0.2.53", addresses: shown }];
  };
  verifier = new Verifier({ ask, ttl: 60, emit: (event) => void events.push(event) });
});

afterEach(() => {
  verifier.stop();
  jest.useRealTimers();
});

/** Lets so much time pass, and every answer come. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 500) {
    jest.advanceTimersByTime(Math.min(500, left));
    for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  }
}

test("a name that is shown at once is reported with hardly a delay, and not asked for again", async () => {
  shown = ["1.0.0.1"];
  verifier.published(["1.0.0.1"]);
  await pass(10 * MINUTE);
  expect(events).toMatchObject([{ type: "ddns-shown" }]);
  expect(asked).toBe(1);
});

test("a name that is shown later is reported with the delay", async () => {
  verifier.published(["1.0.0.1"]);
  await pass(20_000);
  expect(events).toEqual([]);
  shown = ["1.0.0.1"];
  await pass(30_000);
  expect(events).toMatchObject([{ type: "ddns-shown" }]);
  expect(asked).toBeLessThan(8);
});

test("a difference that lasts longer than the time to live and the spreading is reported once, and so is its end", async () => {
  shown = ["9.0.0.9"];
  verifier.published(["1.0.0.1"]);
  await pass(5 * MINUTE);
  expect(events).toEqual([]);
  await pass(30 * MINUTE);
  expect(events).toMatchObject([{ type: "ddns-not-shown", detail: "192.0.2.53 shows 9.0.0.9 in place of 1.0.0.1" }]);
  shown = ["1.0.0.1"];
  await pass(6 * MINUTE);
  expect(events.map(({ type }) => type)).toEqual(["ddns-not-shown", "ddns-shown"]);
});

test("servers that cannot be found are a difference as well", async () => {
  shown = new Error("queryNs ESERVFAIL example.com");
  verifier.published(["1.0.0.1"]);
  await pass(10 * MINUTE);
  expect(events).toMatchObject([{ type: "ddns-not-shown", detail: "queryNs ESERVFAIL example.com" }]);
});

test("newer records take the place of older ones that are not shown yet", async () => {
  verifier.published(["1.0.0.1"]);
  await pass(3000);
  verifier.published(["1.0.0.2"]);
  shown = ["1.0.0.2"];
  await pass(10 * MINUTE);
  expect(events).toMatchObject([{ type: "ddns-shown" }]);
});

test("the same records, verified once more, are not asked for again", async () => {
  shown = ["1.0.0.1", "1.0.0.2"];
  verifier.published(["1.0.0.1", "1.0.0.2"]);
  await pass(MINUTE);
  verifier.published(["1.0.0.2", "1.0.0.1"]);
  await pass(MINUTE);
  expect(asked).toBe(1);
});

test("nothing is asked or reported after the end", async () => {
  verifier.published(["1.0.0.1"]);
  await pass(1500);
  verifier.stop();
  const before = asked;
  await pass(10 * MINUTE);
  expect([asked, events]).toEqual([before, []]);
});
