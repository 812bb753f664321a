import { describe, expect, test } from "bun:test";

import { abortable } from "../../../src/time/abortable.ts";

describe("an abortable promise", () => {
  test("settles as the promise does", async () => {
    const { signal } = new AbortController();
    expect(await abortable(Promise.resolve(1), signal)).toBe(1);
    expect(abortable(Promise.reject(new Error("failed")), signal)).rejects.toThrow("failed");
  });

  test("rejects with the reason of the signal when it aborts", async () => {
    const stop = new AbortController();
    const waiting = abortable(new Promise(() => {}), stop.signal);
    stop.abort(new Error("stopped"));
    expect(waiting).rejects.toThrow("stopped");
  });

  test("rejects at once where the signal has aborted, and a later failure of the promise is handled", async () => {
    const late = Promise.withResolvers<never>();
    expect(abortable(late.promise, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
    await Bun.sleep(1);
    late.reject(new Error("unheard"));
    await Bun.sleep(1);
  });
});
