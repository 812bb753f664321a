import type { Fields, Level, Log } from "./log.ts";

/** A log whose lines name their pool, in the text and as a field; the one pool without a name is not mentioned. */
export function logOfPool(log: Log, pool: string | undefined): Log {
  if (pool === undefined) return log;
  const write = (level: Level, message: string, fields?: Fields): void => {
    log(level, `pool ${pool}: ${message}`, { pool, ...fields });
  };
  return Object.assign(write, { writes: log.writes });
}
