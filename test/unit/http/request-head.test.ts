import { describe, expect, test } from "bun:test";

import { MOST_HEAD_BYTES, readHead, type RequestHead } from "../../../src/http/request-head.ts";

const read = (text: string) => readHead(Buffer.from(text, "latin1"));

function headOf(text: string): RequestHead {
  const reading = read(text);
  if (reading.kind !== "head") throw new Error(`${reading.kind}: ${JSON.stringify(reading)}`);
  return reading.head;
}

const get = (line: string, ...fields: string[]): string => [line, "Host: router", ...fields, "", ""].join("\r\n");

test("a request has its method, target and fields, and ends after the empty line", () => {
  const text = get("GET /readyz?usable&pool=vpn HTTP/1.1", "X-Some:  a value \t", "x-some: b", "Empty:");
  const reading = readHead(Buffer.from(`${text}GET /next`, "latin1"));
  expect(reading).toMatchObject({ kind: "head", length: text.length });
  const head = headOf(text);
  expect([head.method, head.target]).toEqual(["GET", "/readyz?usable&pool=vpn"]);
  expect([...head.headers]).toEqual([
    ["empty", ""],
    ["host", "router"],
    ["x-some", "a value, b"],
  ]);
});

test("bytes above 127 stay one character each, and an empty line before the request is skipped", () => {
  const head = headOf(`\r\n${get("GET / HTTP/1.1", "Authorization: Bearer \xc3\xa9")}`);
  expect(head.headers.get("authorization")).toBe("Bearer \xc3\xa9");
});

test("an absolute target names the host in place of the field", () => {
  const head = headOf(get("GET http://evil.example.com:9090/metrics?x HTTP/1.1"));
  expect([head.target, head.headers.get("host")]).toEqual(["/metrics?x", "evil.example.com:9090"]);
  expect(headOf(get("GET http://router HTTP/1.1")).target).toBe("/");
  expect(headOf(get("GET http://router?x HTTP/1.1")).target).toBe("/?x");
});

test.each([
  ["GET / HTTP/1.1", [], true],
  ["GET / HTTP/1.1", ["Connection: Close"], false],
  ["GET / HTTP/1.1", ["Connection: upgrade, close"], false],
  ["GET / HTTP/1.1", ["Content-Length: 0"], true],
  ["GET / HTTP/1.1", ["Content-Length: 5"], false],
  ["GET / HTTP/1.1", ["Content-Length: 0", "Content-Length: 5"], false],
  ["GET / HTTP/1.1", ["Transfer-Encoding: chunked"], false],
  ["GET / HTTP/1.0", [], false],
  ["GET / HTTP/1.0", ["Connection: keep-alive"], true],
] as const)("after %s with %p another request may follow: %p", (line, fields, isPersistent) => {
  expect(headOf(get(line, ...fields)).isPersistent).toBe(isPersistent);
});

test("HTTP/1.0 needs no Host and has no chunks", () => {
  expect(headOf("GET / HTTP/1.0\r\n\r\n").isModern).toBe(false);
  expect(headOf(get("GET / HTTP/1.1")).isModern).toBe(true);
});

describe("a request is incomplete", () => {
  test.each(["", "GET", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n", "x".repeat(MOST_HEAD_BYTES)])(
    "%p",
    (text) => {
      expect(read(text)).toEqual({ kind: "incomplete" });
    },
  );
});

describe("a request is rejected", () => {
  test.each([
    [431, "x".repeat(MOST_HEAD_BYTES + 1)],
    [431, get("GET / HTTP/1.1", `X: ${"x".repeat(MOST_HEAD_BYTES)}`)],
    [505, "PRI * HTTP/2.0\r\n\r\n"],
    [400, "GET / HTTP/1.1\r\n\r\n"], // no Host
    [400, get("GET / HTTP/1.1", "Host: other")],
    [400, get("GET  / HTTP/1.1")],
    [400, get("GET / HTTP/1.1 ")],
    [400, get("GET /a b HTTP/1.1")],
    [400, get("GET /\xe9 HTTP/1.1")],
    [400, get("GET metrics HTTP/1.1")],
    [400, get("GET @evil.example.com/ HTTP/1.1")],
    [400, get("OPTIONS * HTTP/1.1")],
    [400, get("GET ftp://x/ HTTP/1.1")],
    [400, get("G\x00T / HTTP/1.1")],
    [400, get("GET / http/1.1")],
    [400, get("GET /")],
    [400, get("GET / HTTP/1.1", "no colon")],
    [400, get("GET / HTTP/1.1", "Name : space")],
    [400, get("GET / HTTP/1.1", " folded")],
    [400, get("GET / HTTP/1.1", ": no name")],
    [400, get("GET / HTTP/1.1", "X: bare\rreturn")],
    [400, get("GET / HTTP/1.1", "X: bare\nline")],
    [400, get("GET / HTTP/1.1", "X: nul\0")],
    [400, "SSH-2.0-OpenSSH\r\n\r\n"],
  ])("with status %p: %p", (status, text) => {
    expect(read(text)).toMatchObject({ kind: "rejected", status });
  });
});

test("a field of spaces alone is read in no time", () => {
  const start = performance.now();
  read(get("GET / HTTP/1.1", `X: a${" ".repeat(MOST_HEAD_BYTES - 100)}b`));
  expect(performance.now() - start).toBeLessThan(100); // ms; a pattern that tries all ends takes seconds
});
