import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { createOrphanCleaner } from "../../../src/service/orphans.ts";
import { FakeKernel } from "../../fakes/kernel.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A cleaner of a kernel that fails so often, how often that was looked at, and what was told. */
function setUp(failures = 0) {
  const kernel = new FakeKernel();
  const told: string[] = [];
  let looks = 0;
  kernel.orphans = () => (++looks > failures ? Promise.resolve([]) : Promise.reject(new Error(`failure ${looks}`)));
  const log = Object.assign((_: string, message: string) => void told.push(message), { writes: () => true });
  const settled = createOrphanCleaner(kernel, [{ table: 180, preference: 10888 }], () => {}, log);
  const looksAfter = async (ms: number): Promise<number> => {
    jest.advanceTimersByTime(ms);
    for (let i = 0; i < 10; i++) await Promise.resolve(); // what was begun comes to its end
    return looks;
  };
  return { settled, looksAfter, told };
}

test("it waits until the own routes are set, and then for others that start as well; once is enough", async () => {
  const { settled, looksAfter, told } = setUp();
  expect(await looksAfter(10_000)).toBe(0);
  settled();
  expect(await looksAfter(2999)).toBe(0);
  settled();
  expect(await looksAfter(1)).toBe(1);
  settled();
  expect(await looksAfter(100_000)).toBe(1);
  expect(told).toEqual([]);
});

test("it tries again until it succeeds, and tells", async () => {
  const { settled, looksAfter, told } = setUp(2);
  settled();
  expect(await looksAfter(3000)).toBe(1);
  expect(await looksAfter(59_999)).toBe(1);
  expect(await looksAfter(1)).toBe(2);
  expect(await looksAfter(60_000)).toBe(3);
  expect(await looksAfter(100_000)).toBe(3);
  expect(told).toEqual([
    "cannot remove what an earlier run left: failure 1; next try in 1m0s",
    "cannot remove what an earlier run left: failure 2; next try in 1m0s",
  ]);
});
