import { expect } from "bun:test";

import fc from "fast-check";

import { isLocalHost } from "../../src/http/host.ts";
import { createApi } from "../../src/http/api.ts";
import { requirePassword } from "../../src/http/auth.ts";
import { Connection } from "../../src/http/connection.ts";
import { readHead } from "../../src/http/request-head.ts";
import { SseStream } from "../../src/http/sse.ts";
import { anyText, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const PASSWORD = "S3cr3t: 4711 é";
const MANY = { runs: 500 };

/** A request with this header, where the text can be one; as over the network, each character is a byte. */
function withHeader(name: string, value: string): Request | undefined {
  try {
    return new Request("http://router/", { headers: { [name]: Buffer.from(value).toString("latin1") } });
  } catch {
    return undefined;
  }
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
const right = fc.constantFrom(basic("u", PASSWORD), basic("", PASSWORD), `Bearer ${PASSWORD}`, `bearer  ${PASSWORD}`);
const near = fc.constantFrom(
  basic("u", `${PASSWORD} `),
  `Basic ${PASSWORD}`,
  "Basic",
  "Bearer",
  "Digest x",
  "Basic ====",
);

/** Whether this header, each character a byte, has the password according to RFC 7617 (Basic) and 6750 (Bearer). */
function isRight(header: string): boolean {
  const [, scheme = "", rest = ""] = /^(\w+) +(.*)$/s.exec(header) ?? [];
  if (scheme.toLowerCase() === "bearer") return Buffer.from(rest, "latin1").toString() === PASSWORD;
  if (scheme.toLowerCase() !== "basic") return false;
  const pair = Buffer.from(rest, "base64").toString();
  return pair.slice(pair.indexOf(":") + 1) === PASSWORD && pair.includes(":");
}

fuzz(
  "port: a request is served if and only if its Authorization header has the password",
  fc.oneof(mutated(right), right, mutated(near), anyText),
  async (header) => {
    const request = withHeader("authorization", header);
    if (!request) return;
    const page = requirePassword(PASSWORD, () => new Response("inside"));
    const { status } = await page(request);
    expect(status).toBe(isRight(request.headers.get("authorization") ?? "") ? 200 : 401);
  },
  MANY,
);

const hosts = fc.constantFrom(
  "127.0.0.1:9090",
  "[::1]:9090",
  "router",
  "router.lan",
  "router.lan.",
  "evil.example.com",
  "evil.com:80",
  "localhost",
  "lan",
  ".lan",
  "a.b.home.arpa:1",
);

fuzz(
  "port: a public host name never counts as local",
  fc.oneof(mutated(hosts), anyText),
  (host) => {
    const local = isLocalHost(host);
    expect(typeof local).toBe("boolean");
    const evil = `${host.replaceAll(/[^a-z0-9.-]/gi, "")}.example.com`;
    for (const name of [evil, `${evil}.`, `${evil}:80`, `${evil.toUpperCase()}:`])
      expect(isLocalHost(name)).toBe(false);
  },
  MANY,
);

const api = createApi({
  status: () => ({ why: "inside-4711" }) as never,
  log: () => ({ entries: [] }),
  events: new SseStream({ status: () => ({}) as never, entriesSince: () => [] }).handler,
  version: "1",
  protected: false,
});

fuzz(
  "port: a request with any host and method is answered, with data for local hosts and reading methods alone",
  fc.record({
    host: fc.oneof(mutated(hosts), anyText),
    method: fc.constantFrom("GET", "HEAD", "POST", "DELETE", "get"),
  }),
  async ({ host, method }) => {
    const plain = withHeader("host", host);
    if (!plain) return;
    const response = await api["/api/v1/status"]!(new Request(plain, { method }));
    const seen = plain.headers.get("host") ?? undefined;
    const reads = ["GET", "HEAD"].includes(method.toUpperCase());
    expect(response.status).toBe(!reads ? 405 : isLocalHost(seen) ? 200 : 403);
    expect((await response.text()).includes("inside-4711")).toBe(response.status === 200);
  },
  MANY,
);

fuzz(
  "port: a request with any Last-Event-ID is answered with a stream",
  fc.oneof(mutated(fc.constantFrom("5", "1700000000000")), anyText),
  async (id) => {
    const request = withHeader("last-event-id", id);
    if (!request) return;
    const asked: number[] = [];
    const stream = new SseStream({
      status: () => ({}) as never,
      entriesSince: (since) => {
        asked.push(since);
        return [];
      },
    });
    const response = await stream.handler(request);
    expect(response.status).toBe(200);
    await response.body!.cancel();
    stream.stop();
    expect(asked).toHaveLength(1);
    expect(asked[0]).not.toBeNaN();
  },
  MANY,
);

const requestBytes = fc.oneof(
  mutated(
    fc.constantFrom(
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST http://x/?a HTTP/1.1\r\nHost: y\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "HEAD /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /events HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /events HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n0\r\n\r\n",
    ),
  ),
  anyText,
);

fuzz(
  "port: what is read of a request has no control characters, and is the same when its bytes come one by one",
  requestBytes,
  (text) => {
    const bytes = Buffer.from(text, "latin1");
    const reading = readHead(bytes);
    if (reading.kind !== "head") return;
    const { method, target, headers } = reading.head;
    for (const part of [method, target, ...[...headers].flat()]) expect(part).not.toMatch(/[\0\r\n]/);
    expect(new URL(`http://localhost${target}`).host).toBe("localhost");
    for (let length = 0; length < reading.length; length++)
      expect(readHead(bytes.subarray(0, length)).kind).toBe("incomplete");
  },
  MANY,
);

fuzz(
  "port: a connection with any bytes sends whole responses alone, and ends",
  fc.tuple(requestBytes, fc.array(fc.nat(300), { maxLength: 5 })),
  async ([text, cuts]) => {
    const bytes = Buffer.from(text, "latin1");
    let sent = "";
    let isOpen = true;
    let handled = 0;
    const connection = new Connection({
      from: "192.0.2.1",
      respond: () => new Response(`response ${++handled}`),
      wire: {
        write: (some) => ((sent += Buffer.from(some).toString("latin1")), some.length),
        end() {},
        terminate: () => void (isOpen = false),
        pause() {},
        resume() {},
      },
    });
    const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
    for (const [index, place] of places.slice(1).entries()) connection.received(bytes.subarray(places[index]!, place));
    connection.ended();
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    connection.close();
    expect(isOpen).toBe(false);
    const heads = sent.match(/HTTP\/1\.1 \d{3} /g) ?? [];
    const rejected = heads.filter((head) => /[45]\d\d/.test(head)).length;
    expect(heads.length).toBe(handled + rejected);
    expect(rejected).toBeLessThanOrEqual(1);
  },
  MANY,
);
