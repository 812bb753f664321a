import type { Fields, Level, Log } from "./log.ts";

/** A log whose lines from `info` on are also remembered, independent of the level that is written. */
export function tee(log: Log, remember: (level: Exclude<Level, "debug">, text: string) => void): Log {
  const both = (level: Level, message: string, fields?: Fields): void => {
    if (level !== "debug") remember(level, message);
    log(level, message, fields);
  };
  return Object.assign(both, { writes: log.writes });
}
