import { expect, test } from "bun:test";

import { failureText } from "../../../src/text/failure.ts";

test("a failure with a remedy is written with both, one without is its detail alone", () => {
  expect(failureText({ detail: "status 401", remedy: "check the key" })).toBe("status 401; check the key");
  expect(failureText({ detail: "status 401" })).toBe("status 401");
});
