import { expect, test } from "bun:test";

import { checkInterval, longBackoff } from "../../../src/ddns/update-waits.ts";

const MINUTE = 60_000;

/** The greatest number that a Random gives. */
const ALMOST_ONE = 1 - 2 ** -53;

test.each([
  ["after a failure that only a person can correct", longBackoff, 15 * MINUTE, 60 * MINUTE],
  ["between checks of correct records", checkInterval, 10 * MINUTE, 15 * MINUTE],
] as const)("the wait %s is spread evenly over its range", (_, wait, least, most) => {
  for (const chance of [0, 0.25, 0.5, 0.75, ALMOST_ONE]) {
    expect(wait(() => chance)).toBeCloseTo(least + chance * (most - least), 3);
  }
});
