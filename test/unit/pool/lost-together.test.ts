import { expect, test } from "bun:test";

import { lostTogether } from "../../../src/pool/lost-together.ts";

test.each([
  [[0, 3000, 4000], "abc"], // as far apart as one moment
  [[0, 3000, 4001], "bc"], // the first was a matter of its own
  [[0, 1, 9000], "c"],
  [[5, 5, 5], "abc"],
])("gateways that were lost at %p are lost together: %s", (times, expected) => {
  const losses = new Map(times.map((at, index) => ["abc"[index]!, at]));
  expect(lostTogether(losses, 4000, Math.max(...times)).join("")).toBe(expected);
});
