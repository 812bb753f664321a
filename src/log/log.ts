import { createConsola, type ConsolaInstance, type LogObject } from "consola/core";

import { escapeControls } from "../text/escape.ts";

export type Level = "debug" | "info" | "warn" | "error";
export type Format = "text" | "logfmt" | "json";

/** Values besides the message, for programs that read the log. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Log {
  (level: Level, message: string, fields?: Fields): void;
  /** Whether a line of that level is written, so that no other one has to be built. */
  writes(level: Level): boolean;
}

/** consola's numbers for our levels. */
const LEVELS: Readonly<Record<Level, number>> = { error: 0, warn: 1, info: 3, debug: 4 };

/** The destination of log lines. `write` returns false when it accepts none at the moment. */
export interface Sink {
  write(text: string): boolean;
}

/**
 * A log on consola that writes one line for each message. Lines that the sink does not accept are dropped; the next line
 * that it accepts says how many.
 *
 * @param prefixOf what a line begins with, whatever its format
 */
export function createLog(
  level: Level,
  format: Format,
  sink: Sink,
  prefixOf: (level: Level) => string = () => "",
): Log {
  let dropped = 0;
  const write = (entry: LogObject): void => {
    const [message, fields] = entry.args as [string, Fields];
    const all = withoutNoise(dropped > 0 ? { ...fields, dropped } : fields);
    const at = entry.type as Level;
    const accepted = sink.write(`${prefixOf(at)}${FORMATS[format](entry.date, at, message, all)}\n`);
    dropped = accepted ? 0 : dropped + 1;
  };
  const consola: ConsolaInstance = createConsola({ level: LEVELS[level], throttle: 0, reporters: [{ log: write }] });
  const log = (at: Level, message: string, fields: Fields = {}): void => consola[at](message, fields);
  return Object.assign(log, { writes: (at: Level) => LEVELS[at] <= LEVELS[level] });
}

/** Numbers with six decimals at most: more of them are noise of their calculation. */
function withoutNoise(fields: Fields): Fields {
  const noisy = Object.entries(fields).filter(([, value]) => typeof value === "number" && !Number.isInteger(value));
  if (noisy.length === 0) return fields;
  return {
    ...fields,
    ...Object.fromEntries(noisy.map(([name, value]) => [name, Math.round(Number(value) * 1e6) / 1e6])),
  };
}

type Formatter = (date: Date, level: Level, message: string, fields: Fields) => string;

const COLOURS: Readonly<Record<Level, number>> = { debug: 90, info: 36, warn: 33, error: 31 };

const FORMATS: Readonly<Record<Format, Formatter>> = {
  text: (date, level, message, { dropped }) => {
    const time = date.toTimeString().slice(0, 8);
    const gap = dropped === undefined ? "" : ` (${dropped} lines before this one were dropped)`;
    return `\x1b[2m${time}\x1b[0m \x1b[${COLOURS[level]}m${level.padEnd(5)}\x1b[0m ${escapeControls(message)}${gap}`;
  },
  logfmt: (date, level, message, fields) =>
    [["time", date.toISOString()], ["level", level], ["msg", message], ...Object.entries(fields)]
      .flatMap(([key, value]) => (value === undefined ? [] : `${String(key)}=${logfmtValue(String(value))}`))
      .join(" "),
  json: (date, level, message, fields) =>
    escapeControls(JSON.stringify({ time: date.toISOString(), level, msg: message, ...fields })),
};

function logfmtValue(text: string): string {
  const isPlain = /^[^\s"=\\]+$/.test(text) && escapeControls(text) === text;
  return isPlain ? text : escapeControls(JSON.stringify(text));
}
