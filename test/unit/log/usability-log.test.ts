import { expect, test } from "bun:test";

import { createUsabilityLog } from "../../../src/log/usability-log.ts";

function linesFor(least: number, ...counts: readonly number[]): string[] {
  const lines: string[] = [];
  const log = Object.assign((level: string, text: string) => void lines.push(`${level} ${text}`), {
    writes: () => true,
  });
  const record = createUsabilityLog(log);
  for (const usable of counts) record({ type: "usability", usable, total: 5, least });
  return lines;
}

test("too few usable gateways are logged once, and so is the end of that", () => {
  expect(linesFor(2, 5, 1, 0, 1, 3, 2)).toEqual([
    "warn 1 of 5 gateways is usable, fewer than -usable-min 2: others may take over",
    "info 3 of 5 gateways are usable: enough again (-usable-min 2)",
  ]);
});

test("where one gateway is enough, the lines about gateways say all of it", () => {
  expect(linesFor(1, 5, 0, 3)).toEqual([]);
});
