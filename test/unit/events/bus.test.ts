import { expect, jest, test } from "bun:test";

import type { ServiceEvent } from "../../../src/events/events.ts";
import { createEventBus } from "../../../src/events/bus.ts";

test("a listener that throws stops nobody, and what it threw is reported", () => {
  const told: string[] = [];
  const later: (() => void)[] = [];
  const spy = jest.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => void later.push(task));
  const { emit, subscribe } = createEventBus();
  subscribe(
    ({ type }) => void told.push(`first: ${type}`),
    () => {
      throw new Error("broken");
    },
    ({ type }) => void told.push(`last: ${type}`),
  );
  const event: ServiceEvent = { type: "settled" };
  try {
    emit(event);
  } finally {
    spy.mockRestore();
  }
  expect(told).toEqual(["first: settled", "last: settled"]);
  expect(later).toHaveLength(1);
  expect(later[0]!).toThrow("broken");
});
