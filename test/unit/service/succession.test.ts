import { expect, test } from "bun:test";
import { assert, property, shuffledSubarray } from "fast-check";

import { compareMoves } from "../../../src/service/succession.ts";

const PLACES = [10888, 10896, 10904, 10912, 10920];

test("pools that get other preferences never share one, and none passes one that it was and will be asked after", () => {
  const orders = shuffledSubarray(PLACES, { minLength: PLACES.length, maxLength: PLACES.length });
  const wanted = shuffledSubarray(
    PLACES.map((_, index) => 10884 + 8 * index),
    { minLength: PLACES.length, maxLength: PLACES.length },
  );
  assert(
    property(orders, wanted, (before, after) => {
      const moves = before.map((preference, index) => {
        return { index, loop: { preference }, task: { pool: { preference: after[index]! } } };
      });
      const now = [...before];
      for (const { index } of moves.toSorted(compareMoves)) {
        now[index] = after[index]!;
        expect(new Set(now).size).toBe(now.length);
        for (const [one] of now.entries())
          for (const [other] of now.entries())
            if (before[one]! < before[other]! && after[one]! < after[other]!)
              expect(now[one]!).toBeLessThan(now[other]!);
      }
    }),
  );
});
