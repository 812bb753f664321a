import { expect, jest, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createEventBus } from "../../../src/events/bus.ts";

test("an event reaches all listeners when one of them throws, and the error is thrown in a later microtask", () => {
  const received: string[] = [];
  const later: (() => void)[] = [];
  const spy = jest.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void later.push(task));
  const { emit, subscribe } = createEventBus();
  subscribe(
    ({ type }) => void received.push(`first: ${type}`),
    () => {
      throw new Error("broken");
    },
    ({ type }) => void received.push(`last: ${type}`),
  );
  const event: ServiceEvent = { type: "settled" };
  try {
    emit(event);
  } finally {
    spy.mockRestore();
  }
  expect(received).toEqual(["first: settled", "last: settled"]);
  expect(later).toHaveLength(1);
  expect(later[0]!).toThrow("broken");
});
