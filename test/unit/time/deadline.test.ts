import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from "bun:test";

import { deadline } from "../../../src/time/deadline.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("a deadline", () => {
  test("aborts with a TimeoutError after its time and not before", () => {
    const signal = deadline(1000);
    jest.advanceTimersByTime(999);
    expect(signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
  });

  test("with a stop aborts after its time too, and the stop stays as it is", () => {
    const stop = new AbortController();
    const signal = deadline(1000, stop.signal);
    jest.advanceTimersByTime(1000);
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
    expect(stop.signal.aborted).toBe(false);
  });

  test("aborts at once with the reason of its stop", () => {
    const stop = new AbortController();
    const signal = deadline(1000, stop.signal);
    stop.abort("stopped");
    expect(signal.reason).toBe("stopped");
    expect(deadline(1000, stop.signal).reason).toBe("stopped");
  });

  test.each([
    [0, 1],
    [-5, 1],
    [0.2, 1],
    [1.1, 2],
    [1500, 1500],
  ])("of %d ms takes %d whole ms", (ms, whole) => {
    const timeout = spyOn(AbortSignal, "timeout");
    deadline(ms);
    expect(timeout.mock.lastCall).toEqual([whole]);
    timeout.mockRestore();
  });
});
