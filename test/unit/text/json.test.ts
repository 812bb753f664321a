import { expect, test } from "bun:test";

import { parseJson } from "../../../src/text/json.ts";

test.each([
  ["null", null],
  ["[1]", [1]],
  ['"a"', "a"],
])("the JSON text %s is parsed", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

test.each(["", "undefined", "{", "<html>", '{"a":1}{"b":2}'])(
  "a text that is not valid JSON is undefined: %j",
  (text) => {
    expect(parseJson(text)).toBeUndefined();
  },
);
