import { describe, expect, test } from "bun:test";

import { batchText, groupRuns } from "../../../../src/routing/iproute2/batch.ts";

describe("batches", () => {
  test("a command too long for a line runs alone, in its turn", () => {
    const short = ["a", "b"];
    const long = ["a", "b", "c"];
    expect(groupRuns([short, short, long, short], 2)).toEqual([
      { kind: "batch", commands: [short, short] },
      { kind: "single", command: long },
      { kind: "batch", commands: [short] },
    ]);
  });

  test("a line each, each ended", () => {
    expect(batchText([["a", "b"], ["c"]])).toBe("a b\nc\n");
  });
});
