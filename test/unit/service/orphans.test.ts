import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createOrphanCleaner } from "../../../src/service/orphans.ts";
import { FakeKernel } from "../../fakes/kernel.ts";
import { runDue } from "../../fixtures/fake-time.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** The cleaner on a kernel whose first readings fail, with the number of readings and the log messages. */
function setUp(failures = 0) {
  const kernel = new FakeKernel();
  const messages: string[] = [];
  let readings = 0;
  kernel.orphans = () =>
    ++readings > failures ? Promise.resolve([]) : Promise.reject(new Error(`failure ${readings}`));
  const log = Object.assign((_: string, message: string) => void messages.push(message), { writes: () => true });
  const settled = createOrphanCleaner(
    kernel,
    () => [{ tableRef: { table: 180, preference: 10888 } }],
    () => {},
    log,
  );
  const readingsAfter = async (ms: number): Promise<number> => {
    jest.advanceTimersByTime(ms);
    await runDue();
    return readings;
  };
  return { settled, readingsAfter, messages };
}

test("orphans are read once, 3 s after the routes of this instance have been set for the first time", async () => {
  const { settled, readingsAfter, messages } = setUp();
  expect(await readingsAfter(10_000)).toBe(0);
  settled();
  expect(await readingsAfter(2999)).toBe(0);
  settled();
  expect(await readingsAfter(1)).toBe(1);
  settled();
  expect(await readingsAfter(100_000)).toBe(1);
  expect(messages).toEqual([]);
});

test("a failed removal of orphans is logged, and repeated every minute until it succeeds", async () => {
  const { settled, readingsAfter, messages } = setUp(2);
  settled();
  expect(await readingsAfter(3000)).toBe(1);
  expect(await readingsAfter(59_999)).toBe(1);
  expect(await readingsAfter(1)).toBe(2);
  expect(await readingsAfter(60_000)).toBe(3);
  expect(await readingsAfter(100_000)).toBe(3);
  expect(messages).toEqual([
    "cannot remove what an earlier run left: failure 1; next try in 1m0s",
    "cannot remove what an earlier run left: failure 2; next try in 1m0s",
  ]);
});
