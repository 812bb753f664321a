import { expect } from "bun:test";

import fc from "fast-check";

import { createConnection } from "../../src/control/connection.ts";
import { type Answer, lineOf, MAX_REQUEST, parseAnswer, parseRequest } from "../../src/control/protocol.ts";
import { drainText, parseDrains } from "../../src/service/drain-text.ts";
import { anyText, bent, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const request = fc.record({ command: fc.constantFrom("drain", "undrain", "__proto__", ""), gateway: anyText });
const requestText = fc.oneof(bent(request).map(asText), mutated(request.map(asText)), anyText);

function asText(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

fuzz(
  "control: every request is answered once, however its bytes arrive, and one that is met has a command",
  fc.tuple(requestText, fc.array(fc.nat(MAX_REQUEST), { maxLength: 6 }), fc.boolean()),
  ([text, cuts, ends]) => {
    const bytes = Buffer.from(text.slice(0, 2 * MAX_REQUEST) + (ends ? "" : "\n"));
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
    const answers: Answer[] = [];
    let met = 0;
    const connection = createConnection(
      ({ command }) => {
        expect(typeof command).toBe("string");
        met++;
        return new Promise(() => {});
      },
      (answer) => void answers.push(answer),
    );
    for (const [index, place] of places.slice(1).entries()) connection.received(bytes.subarray(places[index]!, place));
    connection.ended();
    connection.closed();
    expect(answers.length + met).toBe(1);
    for (const answer of answers) expect(parseAnswer(lineOf(answer).trimEnd())).toEqual(answer);
  },
  { runs: 1000 },
);

const answer = fc.record({ ok: fc.boolean(), result: anyText, code: anyText, detail: anyText, remedy: anyText });

fuzz(
  "control: an answer is one with all its texts, or none",
  fc.oneof(bent(answer).map(asText), mutated(answer.map(asText)), anyText),
  (text) => {
    const parsed = parseAnswer(text);
    if (parsed && !parsed.ok) {
      for (const part of [parsed.code, parsed.detail, parsed.remedy]) expect(typeof part).toBe("string");
    }
    expect(typeof (parseRequest(text)?.command ?? "")).toBe("string");
  },
  { runs: 1000 },
);

const entry = fc.record({ gateway: fc.constantFrom("sweden", "10.0.0.1", "a\nb"), address: anyText, since: anyText });
const file = fc.record({ version: fc.constantFrom<unknown>(1, 2, "1"), drained: fc.array(entry, { maxLength: 3 }) });

fuzz(
  "drain file: any text is a list that is written the same, or a reason in one line",
  fc.oneof(bent(file).map(asText), mutated(file.map(asText)), anyText),
  (text) => {
    const parsed = parseDrains(text);
    if (parsed.ok) expect(parseDrains(drainText(parsed.entries))).toEqual(parsed);
    else expect(parsed.why).toMatch(/^[^\x00-\x1f\x7f]{1,200}$/);
  },
  { runs: 1000 },
);
