import { expect, test } from "bun:test";
import fc from "fast-check";

import { topOf } from "../../../../src/http/page/scale.ts";

const repeated = (value: number, times: number): number[] => Array.from({ length: times }, () => value);

test.each<[string, number[], number]>([
  ["without a value", [], 0],
  ["of few values, whichever is an outlier", [1, 1, 1, 900], 900],
  ["of values of one size", [10, 12, 11, 14, 28], 28],
  ["below one outlier of five", [10, 12, 11, 14, 900], 14],
  ["below some outliers of many values", [...repeated(10, 54), ...repeated(900, 6)], 10],
  ["of so many large values that they are none", [...repeated(10, 50), ...repeated(900, 10)], 900],
  ["of values that are all zero but one", [...repeated(0, 20), 5], 5],
])("the top of a scale %s", (_, values, top) => {
  expect(topOf(values)).toBe(top);
});

test("the top of a scale is one of the values, and leaves out one in ten at most", () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 3600, noNaN: true }), { minLength: 1 }), (values) => {
      const top = topOf(values);
      expect(values).toContain(top);
      expect(values.filter((value) => value > top).length).toBeLessThanOrEqual(values.length / 10 + 1);
    }),
  );
});
