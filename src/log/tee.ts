import type { Fields, Level, Log } from "./log.ts";

/** Remembers a line, with the pool that it is about. */
type Remember = (level: Exclude<Level, "debug">, text: string, pool: string | undefined) => void;

/** A log whose lines from `info` on are also remembered, independent of the level that is written. */
export function tee(log: Log, remember: Remember): Log {
  const both = (level: Level, message: string, fields?: Fields): void => {
    const pool = fields?.["pool"];
    if (level !== "debug") remember(level, message, typeof pool === "string" ? pool : undefined);
    log(level, message, fields);
  };
  return Object.assign(both, { writes: log.writes });
}
