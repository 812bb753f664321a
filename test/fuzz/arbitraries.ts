/** Generators of hostile input: arbitrary values, and valid values with changes. */
import fc from "fast-check";

/** Texts that often reveal errors in programs. */
const NASTY = [
  "",
  " ",
  "\0",
  "\n",
  "\r\n",
  "\x1b[31m",
  "\x9b",
  "\u2028",
  "\ud800",
  "\ufeff",
  "\u202e", // turns text around
  "\u2066",
  "\u200b", // has no width
  "\u{e0041}",
  "é",
  "😀",
  "-",
  "--",
  "=",
  ",",
  "/",
  "\\",
  '"',
  "'",
  "%00",
  "%s",
  "${x}",
  "`id`",
  "$(id)",
  "../..",
  "__proto__",
  "constructor",
  "toString",
  "null",
  "undefined",
  "NaN",
  "Infinity",
  "-0",
  "-1",
  "1e309",
  "0x10",
  "010",
  "4294967296",
  "9007199254740993",
  "true",
  "{}",
  "[]",
  "[{}]",
  "255.255.255.255",
  "::1",
] as const;

export const nasty = fc.constantFrom(...NASTY);

/** Any text, often one of NASTY. */
export const anyText = fc.oneof(nasty, fc.string({ unit: "binary", size: "small" }), fc.string({ size: "small" }));

type Edit =
  | { readonly op: "cut"; readonly at: number }
  | { readonly op: "remove" | "double"; readonly at: number; readonly length: number }
  | { readonly op: "insert"; readonly at: number; readonly text: string };

/** A place is a share of a text's length, so that an edit applies to a text of any length. */
const place = fc.double({ min: 0, max: 1, noNaN: true });

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ op: fc.constant("cut" as const), at: place }),
  fc.record({ op: fc.constantFrom("remove" as const, "double" as const), at: place, length: fc.nat(8) }),
  fc.record({ op: fc.constant("insert" as const), at: place, text: fc.oneof(nasty, fc.string({ maxLength: 3 })) }),
);

/** A valid text with some edits, or with none. */
export function mutated(good: fc.Arbitrary<string>, most = 4): fc.Arbitrary<string> {
  return fc.tuple(good, fc.array(edit, { maxLength: most })).map(([text, edits]) => edits.reduce(applyEdit, text));
}

function applyEdit(text: string, change: Edit): string {
  const at = Math.floor(change.at * text.length);
  switch (change.op) {
    case "cut":
      return text.slice(0, at);
    case "remove":
      return text.slice(0, at) + text.slice(at + change.length);
    case "double":
      return text.slice(0, at + change.length) + text.slice(at);
    case "insert":
      return text.slice(0, at) + change.text + text.slice(at);
  }
}

/** Any JSON value, often one that is easily confused with another. */
export const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  anyText,
  fc.constantFrom(null, true, false, 0, -1, 1.5, 1e300, 4294967296, [], {}, [[]], [null], { a: null }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values with fields replaced, removed and added, at any depth. */
export function bent<T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> {
  const change = fc.record({ at: fc.nat(1000), what: fc.constantFrom("replace", "remove", "add"), value: anyValue });
  return fc.tuple(good, fc.array(change, { maxLength: 3 })).map(([value, changes]) => {
    return changes.reduce((now, one) => bend(now, one), structuredClone(value) as unknown);
  });
}

interface Bending {
  readonly at: number;
  readonly what: string;
  readonly value: unknown;
}

/** Changes one field, selected by its number among all fields at all depths. */
function bend(whole: unknown, { at, what, value: shared }: Bending): unknown {
  const value = structuredClone(shared);
  const places: [Record<string, unknown>, string][] = [];
  const collect = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key]);
      collect((node as Record<string, unknown>)[key]);
    }
  };
  collect(whole);
  if (places.length === 0) return value;
  const [holder, key] = places[at % places.length]!;
  if (what === "replace") holder[key] = value;
  else if (what === "add") holder[`${key}x`] = value;
  else delete holder[key];
  return whole;
}

/** Bytes that resemble an HTTP response. */
export function httpBytes(body: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const status = fc.constantFrom(
    "200 OK",
    "204",
    "301 Moved",
    "500 No",
    "100 Continue",
    "999 x",
    "0",
    "-1",
    "2000",
    "",
  );
  const header = fc.constantFrom(
    "content-type: application/json",
    "content-length: 5",
    "content-length: -1",
    "content-length: 99999999999999999999",
    "transfer-encoding: chunked",
    "transfer-encoding: gzip",
    "content-encoding: gzip",
    "content-encoding: br",
    "connection: upgrade",
    "upgrade: websocket",
    "location: http://169.254.169.254/",
    "retry-after: -1",
    "x: \0",
    ": empty",
    "no colon",
    " folded",
    "set-cookie: a=b",
  );
  const version = fc.constantFrom("HTTP/1.1", "HTTP/1.0", "HTTP/2", "HTP/1.1", "");
  const whole = fc
    .tuple(version, status, fc.array(header, { maxLength: 4 }), fc.boolean(), body)
    .map(([first, code, headers, counted, text]) => {
      const fields = counted ? [...headers, `content-length: ${Buffer.byteLength(text)}`] : headers;
      return `${first} ${code}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n${text}`;
    });
  const chosen = fc.oneof({ weight: 4, arbitrary: mutated(whole) }, { weight: 1, arbitrary: anyText });
  return fc.oneof(
    { weight: 5, arbitrary: chosen.map((text) => Buffer.from(text, "latin1")) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)) },
  );
}

/** Texts like some good ones, and any others. */
export const like = (...good: string[]) =>
  fc.oneof({ weight: 4, arbitrary: mutated(fc.constantFrom(...good)) }, { weight: 1, arbitrary: anyText });
