import { expect, test } from "bun:test";

import { age, latencyText, percent } from "../../../src/status/phrases.ts";

test.each([
  [0.4, "0s"],
  [59.9, "59s"],
  [60, "1m 0s"],
  [3599, "59m 59s"],
  [3600, "1h 0m"],
  [90_000, "1d 1h"],
  [1e7, "115d 17h"],
])("%d seconds are written %p", (seconds, text) => {
  expect(age(seconds)).toBe(text);
});

test.each([
  [null, "-"],
  [0.000_123_4, "0.123 ms"],
  [0.003_123, "3.12 ms"],
  [0.9994, "999 ms"],
  [0.9996, "1.00 s"],
  [1.234, "1.23 s"],
])("a latency of %p seconds is written %p", (seconds, text) => {
  expect(latencyText(seconds)).toBe(text);
});

test("a share is written in percent", () => {
  expect([0, 1 / 3, 1].map(percent)).toEqual(["0.0 %", "33.3 %", "100.0 %"]);
});
