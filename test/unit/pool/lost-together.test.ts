import { expect, test } from "bun:test";

import { lostTogether } from "../../../src/pool/lost-together.ts";

const MOMENT_MS = 4000;

test.each([
  [[0, 3000, 4000], "abc"],
  [[0, 3000, 4001], "bc"],
  [[0, 1, 9000], "c"],
  [[5, 5, 5], "abc"],
])("of gateways a, b, c lost at %p ms, those lost within 4000 ms before the last one are: %s", (times, expected) => {
  const losses = new Map(times.map((at, index) => ["abc"[index]!, at]));
  expect(lostTogether(losses, MOMENT_MS, Math.max(...times)).join("")).toBe(expected);
});
