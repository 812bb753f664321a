import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { type DynuAnswer, readDynuAnswer } from "../../../../../src/ddns/providers/dynu/answers.ts";

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/;

/** The failure in an answer that has to be one; its detail has to be fit for a log line. */
function failureOf(status: number, body: object | string): Extract<DynuAnswer, { ok: false }> {
  const answer = readDynuAnswer(status, typeof body === "string" ? body : JSON.stringify(body));
  if (answer.ok) throw new Error(`read as good: ${JSON.stringify(body)}`);
  expect(answer.detail).not.toMatch(CONTROL);
  expect(answer.detail.length).toBeLessThan(1600);
  return answer;
}

describe("an answer", () => {
  test.each([
    [200, { statusCode: 200, id: 5, node: "gw" }],
    [201, { statusCode: 201, id: 5 }],
    [200, { id: 5 }],
    [200, { statusCode: 200, exception: null }],
    [200, {}],
  ])("with HTTP status %d and the body %j is good, and its fields are returned", (status, fields) => {
    expect(readDynuAnswer(status, JSON.stringify(fields))).toEqual({ ok: true, fields });
  });

  test("with a bad HTTP status is bad, whatever the code in its body", () => {
    for (const status of [199, 300, 400, 404, 500, 503]) failureOf(status, { statusCode: 200, id: 5 });
  });

  test("of any kind is read without an exception, and is good only if nothing in it is bad", () => {
    const anyCode = fc.oneof(fc.constantFrom(200, 401, 404, 501, 503, 505, -1, "200", null), fc.integer());
    const anyType = fc.oneof(
      fc.constantFrom("Server Exception", "", 5, null, { toString: 5 }),
      fc.string({ unit: "binary" }),
    );
    const anyError = fc.record({ statusCode: anyCode, type: anyType, message: fc.jsonValue() }, { requiredKeys: [] });
    const anyFields = fc.oneof(anyError, fc.record({ exception: fc.oneof(anyError, fc.jsonValue()) }), fc.jsonValue());
    const anyBody = fc.oneof(
      anyFields.map((fields) => JSON.stringify(fields)),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), anyBody, (status, body) => {
        const answer = readDynuAnswer(status, body);
        if (!answer.ok) return void failureOf(status, body);
        const { statusCode = 200, exception } = JSON.parse(body) as { statusCode?: unknown; exception?: unknown };
        expect(status >= 200 && status <= 299).toBe(true);
        if (typeof statusCode === "number") expect(statusCode >= 200 && statusCode <= 299).toBe(true);
        expect(typeof exception === "object" && exception !== null && !Array.isArray(exception)).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the kind of a failure", () => {
  test.each([
    ["nested", { exception: { type: "Authentication Exception" } }],
    ["flat", { type: "Authentication Exception", message: "Failed." }],
    ["flat, with a code that is no number", { type: "Authentication Exception", statusCode: "401" }],
  ])("follows from the type where nothing else is bad: %s", (_, body) => {
    expect(failureOf(200, body).kind).toBe("access");
  });

  test("is that of Dynu's code where the error has no type", () => {
    const codes = [401, 403, 404, 500, 501, 502, 503, 504, 505];
    const kinds = codes.map((statusCode) => failureOf(200, { statusCode, message: "x" }).kind);
    expect(kinds.slice(0, 4)).toEqual(["access", "access", "missing", "passing"]);
    expect(kinds.slice(4)).toEqual(["refused", "refused", "quota", "refused", "refused"]);
  });

  test("does not depend on the message", () => {
    const message = "The server says: authentication, quota, request not found";
    expect(failureOf(200, { statusCode: 501, type: "Argument Exception", message }).kind).toBe("refused");
    expect(failureOf(200, { statusCode: 501, message }).kind).toBe("refused");
  });

  test.each(["authentication exception", "AUTHENTICATION EXCEPTION", "AuthenticationException", "Authentication"])(
    "follows from the type in any spelling: %s",
    (type) => {
      expect(failureOf(200, { statusCode: 500, type }).kind).toBe("access");
    },
  );

  test("is passing where type and code are unknown", () => {
    expect(failureOf(200, { exception: { type: "New Exception", message: "Hm." } }).kind).toBe("passing");
    expect(failureOf(200, { statusCode: 599 }).kind).toBe("passing");
    expect(failureOf(200, { statusCode: 506, type: "New Exception" }).kind).toBe("passing");
  });

  test.each([
    ["a page", 404, "<h1>404</h1>"],
    ["Dynu's error", 404, { statusCode: 404, type: "Request Exception", message: "Invalid." }],
    ["Dynu's error with a good HTTP status", 200, { exception: { statusCode: 404, type: "Request Exception" } }],
  ])("is missing where the object is not there: %s", (_, status, body) => {
    expect(failureOf(status, body).kind).toBe("missing");
  });
});

describe("the detail of a failure", () => {
  test("has code, type and message", () => {
    const { detail } = failureOf(200, { statusCode: 503, type: "Quota Exception", message: "Limit\nreached." });
    for (const part of ["503", "Quota Exception", "Limit\\nreached."]) expect(detail).toContain(part);
  });

  test("has the HTTP status, or what was sent instead of JSON", () => {
    expect(failureOf(502, "<h1>Bad Gateway</h1>").detail).toContain("502");
    expect(failureOf(200, "<h1>Log in first</h1>").detail).toContain("Log in first");
  });

  test("of great length or odd type is short", () => {
    const long = "\x1b[31m".repeat(100_000);
    expect(failureOf(200, long).detail).toContain("...");
    expect(failureOf(200, { statusCode: 501, type: long, message: long }).detail).toContain("...");
    expect(failureOf(200, { statusCode: 501, type: { a: 1 }, message: [long] }).detail).not.toContain("[object");
  });
});
