import { expect, test } from "bun:test";

import type { Level, Log } from "../../../src/log/log.ts";
import { logOfPool } from "../../../src/log/pool-log.ts";
import { tee } from "../../../src/log/tee.ts";

test("lines from info on are remembered as well, whatever level is written", () => {
  const written: unknown[] = [];
  const remembered: string[] = [];
  const write = (...line: Parameters<Log>): void => void written.push(line);
  const asked: Level[] = [];
  const log = tee(Object.assign(write, { writes: (level: Level) => asked.push(level) > 1 }), (level, text) =>
    remembered.push(`${level}: ${text}`),
  );
  log("debug", "a");
  log("info", "b", { gateway: "10.0.0.1" });
  log("error", "c");
  expect(remembered).toEqual(["info: b", "error: c"]);
  expect(written).toEqual([
    ["debug", "a", undefined],
    ["info", "b", { gateway: "10.0.0.1" }],
    ["error", "c", undefined],
  ]);
  expect([log.writes("debug"), log.writes("info")]).toEqual([false, true]);
  expect(asked).toEqual(["debug", "info"]);
});

test("the pool of a line is remembered with it, and no other field", () => {
  const remembered: unknown[] = [];
  const log = tee(
    Object.assign(() => {}, { writes: () => true }),
    (...line) => remembered.push(line),
  );
  logOfPool(log, "vpn")("warn", "x", { gateway: "10.0.0.1" });
  log("info", "y", { gateway: "10.0.0.1" });
  expect(remembered).toEqual([
    ["warn", "pool vpn: x", "vpn"],
    ["info", "y", undefined],
  ]);
});
