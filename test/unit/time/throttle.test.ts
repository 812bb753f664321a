import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import { throttle } from "../../../src/time/throttle.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a throttled function", () => {
  test("runs at the first call, then once an interval, and once more after the last call", () => {
    let runs = 0;
    const throttled = throttle(() => runs++, 50);
    throttled.call();
    expect(runs).toBe(1);
    for (let call = 0; call < 10; call++) throttled.call();
    expect(runs).toBe(1);
    jest.advanceTimersByTime(60);
    expect(runs).toBe(2);
    jest.advanceTimersByTime(60);
    expect(runs).toBe(2);
    throttled.call();
    expect(runs).toBe(3);
  });

  test("does not run for the last call after a stop", () => {
    let runs = 0;
    const throttled = throttle(() => runs++, 50);
    throttled.call();
    throttled.call();
    throttled.stop();
    jest.advanceTimersByTime(100);
    expect(runs).toBe(1);
  });
});
