import { expect, test } from "bun:test";

import { whyNotLoaded } from "../../../src/probe/socket/unsupported.ts";

const NAMES = ["libc.so.6", "libc.so"];

test.each([
  ["a missing file", "ERR_DLOPEN_FAILED"],
  ["a missing function", "ERR_INVALID_ARG_TYPE"],
])("%s means that the C library is not the expected one", (_, code) => {
  expect(whyNotLoaded(Object.assign(new Error("not there"), { code }), NAMES)).toMatchObject({
    code: "no-libc",
    detail: "cannot load the C library: not there (tried libc.so.6, libc.so)",
  });
});

test("any other error means that functions cannot be called", () => {
  expect(whyNotLoaded(new TypeError("bun:ffi requires the JIT"), NAMES)).toMatchObject({
    code: "no-ffi",
    detail: "cannot call the C library: bun:ffi requires the JIT",
  });
});
