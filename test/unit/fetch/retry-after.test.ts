import { expect, setSystemTime, test } from "bun:test";

import { readRetryAfter } from "../../../src/fetch/retry-after.ts";

test.each([
  ["120", 120_000],
  ["0", 0],
  ["99999999999", 24 * 3_600_000],
  ["Fri, 02 Jan 2026 03:04:35 GMT", 30_000],
  ["Fri, 02 Jan 2026 03:04:00 GMT", 0],
  ["soon", undefined],
  ["-5", undefined],
  ["1.5", undefined],
  ["2026-01-02T03:04:35Z", undefined],
  ["nonsense GMT", undefined],
  ["", undefined],
  [null, undefined],
  [undefined, undefined],
])("Retry-After %p is a wait of %p ms", (text, ms) => {
  setSystemTime(Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(readRetryAfter(text)).toBe(ms);
  setSystemTime();
});
