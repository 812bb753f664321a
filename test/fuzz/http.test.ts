import { afterAll, beforeAll, expect } from "bun:test";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

import fc from "fast-check";

import { parseConfig } from "../../src/config/parse.ts";
import { createLookUp } from "../../src/ddns/look-up.ts";
import { webhookTransport } from "../../src/hooks/webhook.ts";
import { parseAddress } from "../../src/net/address.ts";
import { httpProbe } from "../../src/probe/http.ts";
import { fetchStatus } from "../../src/cli/status-view/client.ts";
import { streamStatus } from "../../src/cli/status-view/stream.ts";
import { renderStatus, renderView } from "../../src/cli/status-view/format.ts";
import { afterEvent, EMPTY_VIEW } from "../../src/cli/status-view/view.ts";
import { askHealth } from "../../src/http/health-client.ts";
import { notification } from "../unit/hooks/hooks.fixture.ts";
import { setUp, healthy, turned } from "../unit/status/model.fixture.ts";
import { anyText, bent, httpBytes, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

/** The timeout of a request, and how much longer a busy machine may need, in ms. */
const TIMEOUT = 150;
const SLACK = 3000;

/** What the server sends, in how many pieces, and what it does then. */
interface Sent {
  readonly bytes: Buffer;
  readonly pieces: number;
  readonly after: "end" | "reset" | "wait";
}

let server: Server;
let port: number;
let next: Sent | undefined;
const sockets = new Set<Socket>();

beforeAll(async () => {
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.once("data", () => void send(socket, next!));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

async function send(socket: Socket, { bytes, pieces, after }: Sent): Promise<void> {
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  for (let at = 0; at < bytes.length; at += size) {
    if (socket.destroyed) return;
    socket.write(bytes.subarray(at, at + size));
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (after === "end") socket.end();
  if (after === "reset") socket.resetAndDestroy();
}

const after = fc.constantFrom("end" as const, "end" as const, "end" as const, "reset" as const, "wait" as const);
const sent = (body: fc.Arbitrary<string>): fc.Arbitrary<Sent> =>
  fc.record({ bytes: httpBytes(body), pieces: fc.integer({ min: 1, max: 4 }), after });

/** A correct response with this body. */
const sentWell = (body: fc.Arbitrary<string>): fc.Arbitrary<Sent> =>
  body.map((text) => {
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n`;
    return { bytes: Buffer.from(head + text), pieces: 2, after: "end" };
  });

/** The result of a request to a server that sends this; the request has to end in time. */
async function inTime<T>(what: Sent, ask: () => Promise<T>, limit = TIMEOUT): Promise<T> {
  next = what;
  const start = performance.now();
  const result = await ask();
  expect(performance.now() - start).toBeLessThan(limit + SLACK);
  return result;
}

const FEW = { runs: 40 };
const LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u; // also nothing that turns text around, or has no width

fuzz(
  "http: a probe ends in time with a result for any response",
  sent(anyText),
  async (what) => {
    const probe = httpProbe({ scheme: "http", port, path: "/", timeout: TIMEOUT });
    const result = await inTime(what, () => probe("127.0.0.1"));
    expect(["success", "failure"]).toContain(result.kind);
    expect(Number.isFinite(result.seconds)).toBe(true);
    expect(result.detail).toMatch(LINE);
    if (result.kind === "success") expect(String(result.status)).toMatch(/^2\d\d$/);
  },
  FEW,
);

fuzz(
  "http: responses to probes do not accumulate in memory",
  fc.array(sent(anyText), { minLength: 20, maxLength: 20 }),
  async (all) => {
    const probe = httpProbe({ scheme: "http", port, path: "/", timeout: TIMEOUT });
    const before = process.memoryUsage.rss();
    for (const what of all) await inTime({ ...what, after: "end" }, () => probe("127.0.0.1"));
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
  },
  { runs: 5 },
);

const SECRET = "S3cr3t-4711";

const addressBody = fc.oneof(
  mutated(fc.constantFrom("1.2.3.4", '{"public_ip":"8.8.8.8"}', `{"ip":"${SECRET}"}`, SECRET)),
  fc.constantFrom("x".repeat(100_000), "[".repeat(50_000)),
);

fuzz(
  "http: a public address look-up ends in time with an address, or with a reason without secrets",
  fc.oneof(sentWell(addressBody), sent(addressBody)),
  async (what) => {
    const flags = {
      "start-ip": "127.0.0.1",
      "end-ip": "127.0.0.1",
      timeout: `${TIMEOUT}ms`,
      "public-ip-service-scheme": "http",
      "public-ip-service-port": String(port),
      "public-ip-service-api-key": SECRET,
    };
    const parsed = parseConfig(flags, { environment: {}, readFile: () => "" });
    if (!parsed.ok) throw new Error(parsed.problems.join());
    const result = await inTime(what, () =>
      createLookUp(parsed.config.publicIp)("127.0.0.1", new AbortController().signal),
    );
    if (result.kind === "success") expect(parseAddress(result.address)).toBeDefined();
    else expect(result.detail).toMatch(LINE);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  },
  FEW,
);

fuzz(
  "http: a webhook delivery ends in time, and its problem does not show the path of the URL",
  sent(fc.constant(`seen: /${SECRET}`)),
  async (what) => {
    const transport = webhookTransport(`http://127.0.0.1:${port}/${SECRET}`, TIMEOUT);
    const delivery = await inTime(what, () => transport.deliver(notification(), new AbortController().signal));
    if (delivery.ok) return;
    expect(delivery.problem).toMatch(LINE);
    expect(delivery.problem).not.toContain(SECRET);
    if (delivery.waitMs !== undefined) expect(delivery.waitMs >= 0).toBe(true);
  },
  FEW,
);

const health = mutated(fc.constantFrom("ok: probes are running\n", "not ok: no probe has ended\n"));

fuzz(
  "http: a health check ends in time with a result and a reason for any response",
  fc.oneof(
    sentWell(health),
    sent(health).map((one) => ({ ...one, after: "end" as const })),
  ),
  async (what) => {
    const { code, detail } = await inTime(what, () => askHealth("127.0.0.1", port), 3000);
    expect(["ours-ok", "ours-not-ok", "other-program", "no-answer"]).toContain(code);
    expect(detail.length).toBeGreaterThan(0);
    expect(detail).toMatch(LINE);
  },
  FEW,
);

/** A status with a probe and a change of a gateway. */
function goodStatus() {
  const { record, status } = setUp();
  record(healthy(1, 0.01), turned(1, "up"));
  return status();
}

const statusBody = fc.oneof(
  bent(fc.constant(null).map(goodStatus)).map((status) => JSON.stringify(status) ?? ""),
  mutated(fc.constant(null).map(() => JSON.stringify(goodStatus()))),
);
const look = { width: 80, colour: true };
const CONTROL = /[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f]/;

fuzz(
  "http: any response of the status API is shown, or explained, without control characters",
  fc.oneof(
    sentWell(statusBody),
    sent(statusBody).map((one) => ({ ...one, after: "end" as const })),
  ),
  async (what) => {
    const answer = await inTime(
      what,
      () => fetchStatus({ origin: `http://127.0.0.1:${port}`, password: undefined }),
      5000,
    );
    expect(answer.ok ? renderStatus(answer.status, look) : answer.error).not.toMatch(CONTROL);
  },
  FEW,
);

const event = fc.oneof(
  statusBody.map((data) => `event: status\ndata: ${data}\n\n`),
  mutated(
    fc.constant('id: 5\nevent: event\ndata: {"id":5,"time":"2026-01-02T03:04:05Z","level":"info","text":"x"}\n\n'),
  ),
  anyText,
  fc.constantFrom(
    ": heartbeat\n\n",
    "retry: 1\n\n",
    "retry: x\n\n",
    "data\n\n",
    "event: status\ndata: 5\n\n",
    "event: event\ndata: null\n\n",
  ),
);
const events = fc.array(event, { maxLength: 5 }).map((all) => all.join(""));

fuzz(
  "http: any event stream is shown without control characters",
  fc.tuple(events, after),
  async ([text, end]) => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
    const bytes = Buffer.concat([Buffer.from(head), Buffer.from(text)]);
    next = { bytes, pieces: 3, after: end === "wait" ? "end" : end };
    const stop = new AbortController();
    let view = EMPTY_VIEW;
    for await (const event of streamStatus({ origin: `http://127.0.0.1:${port}`, password: undefined }, stop.signal)) {
      view = afterEvent(view, event);
      for (const line of renderView(view, look, 24)) expect(line).not.toMatch(CONTROL);
      if (event.kind === "lost") stop.abort();
    }
  },
  FEW,
);
