import { expect, test } from "bun:test";

import { closest } from "../../../src/text/closest.ts";

const WORDS = ["status", "service", "logs", "ddns", "kill-switch", "troubleshooting"];

test.each([
  ["stauts", "status"],
  ["Status", "status"],
  ["log", "logs"],
  ["dns", "ddns"],
  ["kill", "kill-switch"],
  ["trouble", "troubleshooting"],
  ["foo", undefined],
  ["s", undefined],
  ["", undefined],
  ["something-else", undefined],
])("%p most likely means %p", (word, meant) => {
  expect(closest(word, WORDS)).toBe(meant);
});

test("a long word that begins a candidate means it, and not one that is a few edits away", () => {
  expect(closest("fast-check", ["exit-check", "fast-check-period"])).toBe("fast-check-period");
  expect(closest("exit-chek", ["exit-check", "exit-chekov"])).toBe("exit-check");
});

test("no candidate is close to a word where there are none", () => {
  expect(closest("word", [])).toBeUndefined();
});
