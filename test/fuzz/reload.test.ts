/** Reloads with whatever stands in the file: taken whole, or nothing is changed. */
import { afterAll, expect } from "bun:test";

import fc from "fast-check";

import { FILE, parse, setUp } from "../unit/service/reloader.fixture.ts";
import { anyText, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const all = await setUp();
afterAll(() => all.reloader.releaseAll());

const likeFile = fc.oneof(
  { weight: 19, arbitrary: mutated(fc.constantFrom(FILE, FILE.replace("31008", "31016")), 4) },
  { weight: 1, arbitrary: anyText },
);

fuzz(
  "reload: a changed file is taken whole, or nothing is changed",
  likeFile,
  async (text) => {
    const { reloader, applied, write } = all;
    const before = reloader.config;
    const count = applied.length;
    write(text);
    const answer = await reloader.reload();
    if (!answer.taken) {
      expect(answer.problems.length).toBeGreaterThan(0);
      expect(answer.problems.filter((problem) => problem.startsWith("unexpected"))).toEqual([]);
      expect([reloader.config, applied.length]).toEqual([before, count]);
      return;
    }
    expect(parse(text).ok).toBe(true);
    const names = (config: typeof before): string[] => config.pools.map(({ name = "" }) => name);
    const parsed = parse(text);
    if (parsed.ok) expect(names(reloader.config)).toEqual(names(parsed.config));
  },
  { runs: 1000 },
);
