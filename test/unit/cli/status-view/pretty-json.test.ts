import { expect, test } from "bun:test";
import fc from "fast-check";

import { prettyJson } from "../../../../src/cli/status-view/pretty-json.ts";

test("a list of plain values is on one line", () => {
  expect(prettyJson({ a: [1, null, "x, [y]"], b: [{ c: [true, false] }], d: [], e: ["one", "two"] })).toBe(`{
  "a": [
    1,
    null,
    "x, [y]"
  ],
  "b": [
    {
      "c": [true, false]
    }
  ],
  "d": [],
  "e": ["one", "two"]
}`);
});

test("pretty JSON parses to the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(JSON.parse(prettyJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  );
});
