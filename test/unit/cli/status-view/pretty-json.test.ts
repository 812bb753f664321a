import { expect, test } from "bun:test";
import fc from "fast-check";

import { prettyJson } from "../../../../src/cli/status-view/pretty-json.ts";

test("lists of plain values take one line", () => {
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

test("it is the same value as before", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) =>
      expect(JSON.parse(prettyJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
    ),
  );
});
