import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";

import { escapeControls, escapeLaidOut, escapeLines, escapeMetrics, quote } from "../../../src/text/escape.ts";
import { jsonText } from "../../../src/text/json.ts";

const SRC = join(import.meta.dir, "../../../src");

/** Invisible characters, by what they do. Listed one by one, so that no pattern is tested against itself. */
const UNSEEN: readonly (readonly [what: string, characters: readonly number[]])[] = [
  ["controls of C0", [0x00, 0x07, 0x08, 0x0b, 0x0d, 0x1b, 0x1f]],
  ["delete and controls of C1", [0x7f, 0x80, 0x85, 0x9b, 0x9d, 0x9f]],
  ["line and paragraph separators", [0x2028, 0x2029]],
  ["direction", [0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069]],
  ["zero width", [0x00ad, 0x034f, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0x2064, 0xfeff]],
  ["fillers and variations", [0x115f, 0x1160, 0x3164, 0xffa0, 0xfe00, 0xfe0f]],
  ["annotations", [0xfff9, 0xfffa, 0xfffb]],
  ["tags", [0xe0001, 0xe0041, 0xe007f, 0xe0100]],
  ["halves of a surrogate pair", [0xd800, 0xdbff, 0xdc00, 0xdfff]],
];

const all = UNSEEN.flatMap(([, codes]) => codes.map((code) => String.fromCodePoint(code)));
const isUnseen = (text: string): boolean => [...text].some((one) => all.includes(one));
const foreign = fc
  .array(fc.oneof(fc.constantFrom(...all), fc.string({ unit: "binary", maxLength: 3 }), fc.string({ maxLength: 3 })))
  .map((parts) => parts.join(""));

describe.each(UNSEEN)("of %s", (_, codes) => {
  test.each(codes.map((code) => [code.toString(16), code] as const))("U+%s is escaped", (_, code) => {
    const escape = escapeControls(`a${String.fromCodePoint(code)}b`);
    expect(escape).toMatch(/^a(\\u[0-9a-f]{4}){1,2}b$/);
    expect(JSON.parse(`"${escape}"`)).toBe(`a${String.fromCodePoint(code)}b`);
  });
});

test.each(["Grüße", "日本語", "שלום", "нет", "é", "😀", "a b", "100 %"])("%s stays as it is", (text) => {
  expect([escapeControls(text), escapeLines(text), escapeLaidOut(text)]).toEqual([text, text, text]);
});

test("of a text of several lines only the line breaks stay", () => {
  expect(escapeLines("a\nb\r\u202ec\u009b")).toBe("a\nb\\u000d\\u202ec\\u009b");
});

test("of a text with colours the colours stay", () => {
  expect(escapeLaidOut("\x1b[31mbad\x1b[0m \u202eevil\u009b31m\n")).toBe("\x1b[31mbad\x1b[0m \\u202eevil\\u009b31m\n");
});

test("a label of a metric has it with the backslash doubled, as the text format of Prometheus demands", () => {
  const shown = 'through_loss_ratio{prober="\\\\u202eicmp"} 0\n';
  expect(escapeMetrics('through_loss_ratio{prober="\u202eicmp"} 0\n')).toBe(shown);
});

test("no text has anything unseen after that, and what is escaped once stays so", () => {
  fc.assert(
    fc.property(foreign, (text) => {
      const once = escapeControls(text);
      expect(isUnseen(once)).toBe(false);
      expect(once).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(escapeControls(once)).toBe(once);
      expect(escapeControls(quote(text))).toBe(quote(text));
      expect(escapeLaidOut(text)).not.toMatch(/[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/u);
    }),
    { numRuns: 500 },
  );
});

test("JSON for other programs has strings without anything unseen but line breaks, whatever is in them", () => {
  fc.assert(
    fc.property(foreign, fc.constantFrom(undefined, 2), (text, indent) => {
      const value = { why: text, list: [text], number: 1, no: null };
      const written = jsonText(value, indent);
      expect(isUnseen(written)).toBe(false);
      expect(JSON.parse(written)).toEqual({ ...value, why: escapeLines(text), list: [escapeLines(text)] });
    }),
    { numRuns: 500 },
  );
});

test("all that leaves over HTTP, to hooks and into the log as JSON is made in one place", () => {
  const files = [...new Bun.Glob("{http,hooks,log}/**/*.ts").scanSync(SRC)].filter((file) => !file.includes("client/"));
  const raw = files.filter((file) => readFileSync(join(SRC, file), "utf8").includes("JSON.stringify("));
  // Neither is sent: a key to group by, and a value of logfmt that is escaped right there.
  expect(raw.sort()).toEqual(["http/page/flows.ts", "log/log.ts"]);
});
