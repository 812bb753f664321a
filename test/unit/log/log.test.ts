import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { createLog, type Fields, type Format, type Level } from "../../../src/log/log.ts";

const FORMATS: readonly Format[] = ["text", "logfmt", "json"];
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];

/** A log, what it has written, and a sink that can be made to accept nothing. */
function logTo(format: Format, level: Level = "debug") {
  const written: string[] = [];
  const sink = { stalled: false, write: (text: string) => !sink.stalled && written.push(text) > 0 };
  return { log: createLog(level, format, sink), written, sink };
}

/** The line of one message. */
function lineOf(format: Format, message: string, fields?: Fields): string {
  const { log, written } = logTo(format);
  log("info", message, fields);
  expect(written).toHaveLength(1);
  return written[0]!;
}

/** The fields of a logfmt line. */
function readLogfmt(line: string): Record<string, string> {
  const pairs = line.trimEnd().matchAll(/(?:^| )([a-z]+)=("(?:[^"\\]|\\.)*"|[^\s"]*)/g);
  return Object.fromEntries(
    [...pairs].map(([, key, value]) => [key, value!.startsWith('"') ? (JSON.parse(value!) as string) : value!]),
  );
}

/** The text of a line for terminals without the colours that the log itself puts there. */
const withoutColours = (line: string): string => line.replace(/\x1b\[\d+m/g, "");

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const anyText = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", " ", "=", '"', "\\", "a b", "%s %d", "\n", "\x1b[31m", "\x7f", "\x9b31m", "\u2028"),
);

describe.each([...FORMATS])("every line of %s", (format) => {
  test("is one line without control characters, whatever the message and the fields", () => {
    fc.assert(
      fc.property(anyText, anyText, (message, value) => {
        const line = withoutColours(lineOf(format, message, { gateway: value }));
        expect(line).toEndWith("\n");
        expect(line.slice(0, -1)).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
      }),
      { numRuns: 300 },
    );
  });

  test("is written at once, also when it repeats the one before", () => {
    const { log, written } = logTo(format);
    for (let index = 0; index < 20; index++) log("info", "the same");
    expect(written).toHaveLength(20);
  });

  test.each([...LEVELS])("is left out below the level %s", (least) => {
    const { log, written } = logTo(format, least);
    for (const level of LEVELS) log(level, `at ${level}`);
    expect(written.map((line) => /at (\w+)/.exec(line)?.[1])).toEqual(LEVELS.slice(LEVELS.indexOf(least)));
  });

  test.each([...LEVELS])("at the level %s the log knows whether it writes a line of another level", (least) => {
    const { log } = logTo(format, least);
    expect(LEVELS.filter((level) => log.writes(level))).toEqual(LEVELS.slice(LEVELS.indexOf(least)));
  });

  test("names its level", () => {
    const { log, written } = logTo(format);
    for (const level of LEVELS) log(level, "message");
    written.forEach((line, index) => expect(line).toContain(LEVELS[index]!));
  });

  test("is dropped while the reader stalls, and the next line says how many were", () => {
    const { log, written, sink } = logTo(format);
    sink.stalled = true;
    for (let index = 0; index < 4711; index++) log("error", "lost");
    expect(written).toEqual([]);
    sink.stalled = false;
    log("info", "first");
    log("info", "second");
    expect(written).toHaveLength(2);
    expect(withoutColours(written[0]!)).toMatch(/first.*\b4711\b/);
    expect(written[1]).not.toContain("4711");
    expect(written[1]).not.toContain("dropped");
  });
});

describe("logfmt", () => {
  test("has time, level, message and fields, in this order", () => {
    const line = lineOf("logfmt", "gateway 10.0.0.1 up", { gateway: "10.0.0.1", up: 3, ok: true });
    expect(line).toMatch(/^time=\S+ level=info msg="gateway 10\.0\.0\.1 up" gateway=10\.0\.0\.1 up=3 ok=true\n$/);
    expect(readLogfmt(line)["time"]).toMatch(ISO_TIME);
  });

  test.each([
    ["plain", "plain"],
    ["", '""'],
    ["two words", '"two words"'],
    ["a=b", '"a=b"'],
    ['say "hi"', '"say \\"hi\\""'],
    ["back\\slash", '"back\\\\slash"'],
    ["line\nbreak", '"line\\nbreak"'],
    ["größe", "größe"],
  ])("%p as a value is %s", (value, expected) => {
    expect(lineOf("logfmt", "m", { gateway: value })).toEndWith(` gateway=${expected}\n`);
  });

  test("omits fields without a value", () => {
    expect(lineOf("logfmt", "m", { reason: undefined, gateway: "g" })).toEndWith(" msg=m gateway=g\n");
  });

  test("can be read back", () => {
    fc.assert(
      fc.property(anyText, anyText, (message, value) => {
        fc.pre(message.isWellFormed() && value.isWellFormed());
        expect(readLogfmt(lineOf("logfmt", message, { gateway: value }))).toMatchObject({
          msg: message,
          gateway: value,
        });
      }),
      { numRuns: 300 },
    );
  });
});

describe("json", () => {
  test("has time, level, message and fields with their types", () => {
    const entry = JSON.parse(lineOf("json", "m", { gateway: "g", seconds: 0.5, ok: true, reason: undefined }));
    expect(entry).toEqual({
      time: expect.stringMatching(ISO_TIME),
      level: "info",
      msg: "m",
      gateway: "g",
      seconds: 0.5,
      ok: true,
    });
  });

  test("can be read back", () => {
    fc.assert(
      fc.property(anyText, anyText, (message, value) => {
        expect(JSON.parse(lineOf("json", message, { gateway: value }))).toMatchObject({ msg: message, gateway: value });
      }),
    );
  });
});

describe("text", () => {
  test("has time of day, level and message", () => {
    expect(withoutColours(lineOf("text", "gateway 10.0.0.1 up"))).toMatch(
      /^\d\d:\d\d:\d\d info {2}gateway 10\.0\.0\.1 up\n$/,
    );
  });

  test("shows control characters escaped and keeps the rest", () => {
    expect(withoutColours(lineOf("text", "a\x1bc\r\ngröße\x9b1m"))).toEndWith(
      " a\\u001bc\\u000d\\u000agröße\\u009b1m\n",
    );
  });
});

test.each<[number, string]>([
  [2.270824548000004, "2.270825"],
  [0.30000000000000004, "0.3"],
  [1.0000000002, "1"],
  [12, "12"],
])("the number %d is written as %s", (number, text) => {
  expect(readLogfmt(lineOf("logfmt", "message", { seconds: number }))["seconds"]).toBe(text);
  expect(JSON.parse(lineOf("json", "message", { seconds: number }))).toHaveProperty("seconds", Number(text));
});
