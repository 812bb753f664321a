import { describe, expect, test } from "bun:test";

import { thrifty } from "../../../src/telemetry/thrifty.ts";

/** A maker of numbers that takes so many milliseconds of the processor. */
function counter(milliseconds: number) {
  let made = 0;
  const ask = thrifty(() => {
    Bun.sleepSync(milliseconds);
    return ++made;
  });
  return { ask, made: () => made };
}

describe("what is costly to make", () => {
  test("takes about a tenth of the time, however often it is asked for", async () => {
    const { ask, made } = counter(5);
    const end = performance.now() + 500;
    while (performance.now() < end) {
      await ask();
      await Bun.sleep(0);
    }
    expect(made()).toBeGreaterThan(1);
    expect(made()).toBeLessThanOrEqual(12);
  });

  test("is made anew for whoever asks seldom", async () => {
    const { ask } = counter(0);
    const first = await ask();
    await Bun.sleep(20);
    expect(await ask()).toBe(first + 1);
  });

  test("is made once for all who ask meanwhile", async () => {
    let made = 0;
    const ask = thrifty(async () => {
      await Bun.sleep(5);
      return ++made;
    });
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1]);
  });

  test("and fails is tried again at once", async () => {
    let fails = true;
    const ask = thrifty(async () => {
      if (fails) throw new Error("broken");
      return 1;
    });
    await expect(ask()).rejects.toThrow("broken");
    fails = false;
    expect(await ask()).toBe(1);
  });
});
