import { describe, expect, test } from "bun:test";

import { rateLimitedCache } from "../../../src/time/rate-limited-cache.ts";

/** A cache of numbers that take so many milliseconds to make, by a clock that only it and the test move. */
function counter(milliseconds: number) {
  let made = 0;
  let now = 0;
  const make = (): number => {
    now += milliseconds;
    return ++made;
  };
  return { request: rateLimitedCache(make, () => now), pass: (time: number) => (now += time), now: () => now };
}

describe("a value that is costly to make", () => {
  test("is made for a tenth of the time at most, however often it is requested", async () => {
    const { request, pass, now } = counter(5);
    while (now() < 10_000) {
      await request();
      pass(0.1);
    }
    expect(await request()).toBeWithin(198, 202);
  });

  test("is made anew for requests with long pauses", async () => {
    const { request, pass } = counter(5);
    const first = await request();
    pass(44.9);
    expect(await request()).toBe(first);
    pass(0.1);
    expect(await request()).toBe(first + 1);
  });

  test("is made once for all requests meanwhile", async () => {
    let made = 0;
    const request = rateLimitedCache(async () => {
      await Bun.sleep(5);
      return ++made;
    });
    expect(await Promise.all([request(), request(), request()])).toEqual([1, 1, 1]);
  });

  test("is made anew within some seconds, also after the process was suspended", async () => {
    const { request, pass } = counter(3_600_000);
    await request();
    pass(4999);
    expect(await request()).toBe(1);
    pass(1);
    expect(await request()).toBe(2);
  });

  test("is made again at once after a failure", async () => {
    let fails = true;
    const request = rateLimitedCache(async () => {
      if (fails) throw new Error("broken");
      return 1;
    });
    await expect(request()).rejects.toThrow("broken");
    fails = false;
    expect(await request()).toBe(1);
  });
});
