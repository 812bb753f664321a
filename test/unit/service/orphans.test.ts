import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createOrphanCleaner } from "../../../src/service/orphans.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A cleaner of a kernel that fails so often, how often that was looked at, and what was told. */
function setUp(failures = 0) {
  const kernel = new FakeKernel(180);
  const told: string[] = [];
  let looks = 0;
  kernel.orphans = () => (++looks > failures ? Promise.resolve([]) : Promise.reject(new Error(`failure ${looks}`)));
  const log = Object.assign((_: string, message: string) => void told.push(message), { writes: () => true });
  const record = createOrphanCleaner(kernel, () => {}, log);
  const looksAfter = async (ms: number): Promise<number> => {
    jest.advanceTimersByTime(ms);
    for (let i = 0; i < 10; i++) await Promise.resolve(); // what was begun comes to its end
    return looks;
  };
  return { record, looksAfter, told };
}

test("it waits until the own routes are set, and then for others that start as well; once is enough", async () => {
  const { record, looksAfter, told } = setUp();
  record({ type: "active", gateways: [] });
  expect(await looksAfter(10_000)).toBe(0);
  record({ type: "settled" });
  expect(await looksAfter(2999)).toBe(0);
  record({ type: "settled" });
  expect(await looksAfter(1)).toBe(1);
  record({ type: "settled" });
  expect(await looksAfter(100_000)).toBe(1);
  expect(told).toEqual([]);
});

test("it tries again until it succeeds, and tells", async () => {
  const { record, looksAfter, told } = setUp(2);
  record({ type: "settled" });
  expect(await looksAfter(3000)).toBe(1);
  expect(await looksAfter(59_999)).toBe(1);
  expect(await looksAfter(1)).toBe(2);
  expect(await looksAfter(60_000)).toBe(3);
  expect(await looksAfter(100_000)).toBe(3);
  expect(told).toEqual([
    "leftovers of an earlier run: failure 1; trying again in 1m0s",
    "leftovers of an earlier run: failure 2; trying again in 1m0s",
  ]);
});
