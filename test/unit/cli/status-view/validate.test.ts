import { expect, test } from "bun:test";

import { isLogEntry, isStatus } from "../../../../src/cli/status-view/validate.ts";
import { healthy, setUp, turned } from "../../status/model.fixture.ts";

function status() {
  const { record, status } = setUp();
  record(healthy(1, 0.01), turned(1, "up"));
  return status();
}

test("a status is valid, also with fields of a newer version", () => {
  expect(isStatus(status())).toBe(true);
  expect(isStatus({ ...status(), more: 1 })).toBe(true);
});

test("a value without a field, or with a field of another type, is not a status", () => {
  const { verdict: _, ...without } = status();
  for (const one of [undefined, null, 5, {}, without, { ...status(), gateways: [{}] }, { ...status(), why: 5 }]) {
    expect(isStatus(one)).toBe(false);
  }
});

test("a log entry is valid, and a value of another form is not", () => {
  const entry = { id: 1, time: "2026-01-02T03:04:05Z", level: "info", text: "x" };
  expect(isLogEntry(entry)).toBe(true);
  for (const one of [null, {}, { ...entry, text: undefined }, { ...entry, level: "fine" }])
    expect(isLogEntry(one)).toBe(false);
});
