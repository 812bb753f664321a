import { describe, expect, test } from "bun:test";

import { rateLimitedCache } from "../../../src/time/rate-limited-cache.ts";

/** A maker of numbers that takes so many milliseconds, by a clock that only it and the test move. */
function counter(milliseconds: number) {
  let made = 0;
  let now = 0;
  const make = (): number => {
    now += milliseconds;
    return ++made;
  };
  return { ask: rateLimitedCache(make, () => now), pass: (time: number) => (now += time), now: () => now };
}

describe("what is costly to make", () => {
  test("takes a tenth of the time, however often it is asked for", async () => {
    const { ask, pass, now } = counter(5);
    while (now() < 10_000) {
      await ask();
      pass(0.1);
    }
    expect(await ask()).toBeWithin(198, 202);
  });

  test("is made anew for whoever asks seldom", async () => {
    const { ask, pass } = counter(5);
    const first = await ask();
    pass(44.9);
    expect(await ask()).toBe(first);
    pass(0.1);
    expect(await ask()).toBe(first + 1);
  });

  test("is made once for all who ask meanwhile", async () => {
    let made = 0;
    const ask = rateLimitedCache(async () => {
      await Bun.sleep(5);
      return ++made;
    });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  });

  test("is made anew within some seconds, also when the process was stopped meanwhile", async () => {
    const { ask, pass } = counter(3_600_000);
    await ask();
    pass(4999);
    expect(await ask()).toBe(1);
    pass(1);
    expect(await ask()).toBe(2);
  });

  test("and fails is tried again at once", async () => {
    let fails = true;
    const ask = rateLimitedCache(async () => {
      if (fails) throw new Error("broken");
      return 1;
    });
    await expect(ask()).rejects.toThrow("broken");
    fails = false;
    expect(await ask()).toBe(1);
  });
});
