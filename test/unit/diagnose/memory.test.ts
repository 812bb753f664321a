/** What is said about the memory that the service may use. */
import { expect, test } from "bun:test";

import { checkMemory, LEAST_MEMORY } from "../../../src/diagnose/memory.ts";

const TOTAL = 512 * 1024 * 1024;

test.each([
  ["without a limit", undefined, "512 MiB in this machine, without a limit"],
  ["with a limit above the memory of the machine", 2 * TOTAL, "512 MiB in this machine, without a limit"],
  ["with a limit that is just enough", LEAST_MEMORY, "40 MiB may be used"],
])("%s it is fine", (_, limit, message) => {
  expect(checkMemory(limit, TOTAL)).toEqual({ level: "ok", topic: "memory", message });
});

test("a limit below what the service needs is a warning that names both, and the remedy", () => {
  expect(checkMemory(LEAST_MEMORY - 1, TOTAL)).toEqual({
    level: "warning",
    topic: "memory",
    message: "39 MiB may be used; the service needs 40 MiB, its executable included: it may be slow, or be killed",
    remedy: "raise the limit to 64 MiB, such as MemoryMax= of the unit, or --memory of the container",
  });
});

test("a machine with less memory than that is a warning as well", () => {
  expect(checkMemory(undefined, LEAST_MEMORY / 2)).toMatchObject({
    level: "warning",
    message: expect.stringMatching(/^20 MiB in this machine, without a limit; the service needs 40 MiB/),
    remedy: "use a machine with more memory: 64 MiB for the service alone",
  });
});
