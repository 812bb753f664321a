import { expect, test } from "bun:test";

import fc from "fast-check";

import { OutputLines } from "../../../src/hooks/output-lines.ts";

/** The lines of an output that comes in these pieces. */
function linesOf(...pieces: readonly (string | Uint8Array)[]): readonly string[] {
  const lines = new OutputLines();
  for (const piece of pieces) lines.add(typeof piece === "string" ? Buffer.from(piece) : piece);
  return lines.end();
}

test("lines are joined from pieces, the last one without a line break too", () => {
  expect(linesOf("a", "b\nc", "\r\n\n  \nd")).toEqual(["ab", "c", "d"]);
  const euro = Buffer.from("€\n");
  expect(linesOf(euro.subarray(0, 1), euro.subarray(1))).toEqual(["€"]);
});

test("only the first of many lines are kept, and the beginning of a long one", () => {
  const many = linesOf("line\n".repeat(100));
  expect(many).toHaveLength(21);
  expect(many.at(-1)).toBe("(80 more lines)");
  expect(linesOf(...Array.from({ length: 10_000 }, () => "x"))).toEqual([`${"x".repeat(300)}...`]);
});

test("however an output is cut into pieces, its lines are the same", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n", "é", "€", " "), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.array(fc.nat(60)), (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const places = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
      const pieces = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect(linesOf(...pieces)).toEqual(linesOf(whole));
    }),
  );
});

test("the kept lines are bounded, whatever the output", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000, size: "max" }), { maxLength: 30 }), (pieces) => {
      const kept = linesOf(...pieces);
      expect(kept.length).toBeLessThanOrEqual(21);
      for (const line of kept) expect(line.length).toBeLessThanOrEqual(303);
    }),
  );
});
