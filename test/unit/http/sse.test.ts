import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { SseStream } from "../../../src/http/sse.ts";
import type { LogEntry, Status } from "../../../src/status/schema.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const entry = (id: number, text = "something"): LogEntry => ({ id, time: "2026-01-02T03:04:05Z", level: "info", text });

/** A stream of a service whose status contains how often it was requested. */
function setUp(entries: readonly LogEntry[] = []) {
  let asked = 0;
  const stream = new SseStream({
    status: () => ({ why: `status ${++asked}` }) as Status,
    entriesSince: (id) => entries.filter((one) => one.id > id),
  });
  return { stream, asked: () => asked };
}

const request = (headers: Record<string, string> = {}): Request =>
  new Request("http://router/api/v1/events", { headers });

/** A client, and everything it has received. */
function connect(stream: SseStream, headers: Record<string, string> = {}) {
  return follow(stream.handler(request(headers)) as Response);
}

function connectFrom(stream: SseStream, address: string) {
  return follow(stream.handler(from(address)) as Response);
}

function follow(response: Response) {
  const reader = response.body!.getReader();
  let text = "";
  let ended: string | undefined;
  const read = async (): Promise<void> => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return void (ended = "closed");
      text += new TextDecoder().decode(value);
    }
  };
  read().catch((error: Error) => (ended = error.message));
  return { response, received: async () => (await settle(), text), ended: async () => (await settle(), ended), reader };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const statusesIn = (text: string): string[] =>
  [...text.matchAll(/^event: status\ndata: (.*)$/gm)].map(([, data]) => data!);
const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)\nevent: event$/gm)].map(([, id]) => Number(id));

test("a new client gets the status, and all entries or those after the last one that it has", async () => {
  const { stream } = setUp([entry(5), entry(6), entry(7)]);
  const first = connect(stream);
  expect(first.response.headers.get("content-type")).toBe("text/event-stream");
  expect(await first.received()).toStartWith(
    'retry: 2000\n\nevent: status\ndata: {"why":"status 1"}\n\nid: 5\nevent: event\n',
  );
  expect(idsIn(await first.received())).toEqual([5, 6, 7]);
  expect(idsIn(await connect(stream, { "last-event-id": "6" }).received())).toEqual([7]);
  expect(idsIn(await connect(stream, { "last-event-id": "nonsense" }).received())).toEqual([5, 6, 7]);
});

test("changes are sent at most once a second, the newest state last", async () => {
  const { stream, asked } = setUp();
  const client = connect(stream);
  for (let change = 0; change < 100; change++) {
    stream.changed();
    jest.advanceTimersByTime(50);
  }
  jest.advanceTimersByTime(1000);
  const statuses = statusesIn(await client.received());
  expect(statuses.length).toBeGreaterThanOrEqual(6);
  expect(statuses.length).toBeLessThanOrEqual(8);
  expect(statuses.at(-1)).toBe(`{"why":"status ${asked()}"}`);
  jest.advanceTimersByTime(9000);
  expect(statusesIn(await client.received())).toHaveLength(statuses.length); // without a change nothing is sent
});

test("an entry is sent to all clients at once, and a status is made once for all", async () => {
  const { stream, asked } = setUp();
  const clients = [connect(stream), connect(stream), connect(stream)];
  stream.logged(entry(8));
  for (const { received } of clients) expect(idsIn(await received())).toEqual([8]);
  const before = asked();
  stream.changed();
  jest.advanceTimersByTime(1000);
  expect(asked()).toBe(before + 1);
});

test("a heartbeat is sent while nothing happens", async () => {
  const { stream } = setUp();
  const client = connect(stream);
  jest.advanceTimersByTime(31_000);
  expect((await client.received()).match(/^: heartbeat\n$/gm)).toHaveLength(3);
});

test("without clients no status is made and no timer runs", async () => {
  const { stream, asked } = setUp();
  stream.changed();
  stream.logged(entry(1));
  expect(jest.getTimerCount()).toBe(0);
  const client = connect(stream);
  stream.changed();
  expect(jest.getTimerCount()).toBe(2);
  await client.reader.cancel();
  expect(jest.getTimerCount()).toBe(0);
  const before = asked();
  stream.changed();
  jest.advanceTimersByTime(60_000);
  expect(asked()).toBe(before);
});

test("the number of clients is limited; when one disconnects, another can connect", async () => {
  const { stream } = setUp();
  const clients = Array.from({ length: 16 }, () => connect(stream));
  const rejected = stream.handler(request()) as Response;
  expect(rejected.status).toBe(503);
  expect(await rejected.text()).toContain("16 clients are connected");
  await clients[3]!.reader.cancel();
  expect(connect(stream).response.status).toBe(200);
});

const from = (address: string) => Object.assign(request(), { from: address });

test("an address with many clients makes room for others, its oldest first, until they have as many", async () => {
  const { stream } = setUp();
  const follow = (address: string) => connectFrom(stream, address);
  const many = Array.from({ length: 16 }, () => follow("192.0.2.1"));
  const others = Array.from({ length: 8 }, () => follow("192.0.2.2"));
  expect(others.map(({ response }) => response.status)).toEqual(Array(8).fill(200));
  for (const [index, client] of many.entries()) expect(await client.ended()).toBe(index < 8 ? "closed" : undefined);
  for (const address of ["192.0.2.1", "192.0.2.2"])
    expect((stream.handler(from(address)) as Response).status).toBe(503);
  expect(follow("192.0.2.3").response.status).toBe(200);
});

test("when all clients have addresses of their own, a further one is rejected", () => {
  const { stream } = setUp();
  for (let address = 1; address <= 16; address++) connectFrom(stream, `192.0.2.${address}`);
  expect((stream.handler(from("192.0.2.17")) as Response).status).toBe(503);
});

test("a client that does not read is disconnected, and the others are not affected", async () => {
  const { stream } = setUp();
  const stalled = stream.handler(request()) as Response;
  const client = connect(stream);
  for (let id = 1; id <= 30; id++) {
    stream.logged(entry(id, "x".repeat(100_000)));
    await settle();
  }
  expect(idsIn(await client.received())).toHaveLength(30);
  for (let more = 0; more < 15; more++) expect(connect(stream).response.status).toBe(200);
  expect((stream.handler(request()) as Response).status).toBe(503);
  stream.stop(); // the other clients end without an error
  await expect(stalled.text()).rejects.toThrow("too slow");
});

test("a stop disconnects all clients", async () => {
  const { stream } = setUp();
  const client = connect(stream);
  stream.stop();
  expect(await client.ended()).toBe("closed");
  expect(jest.getTimerCount()).toBe(0);
});

test("a stop without clients takes no time", async () => {
  const { stream } = setUp();
  await stream.end({ time: "2026-01-02T03:04:05Z", reason: "SIGTERM", routes: "removed" });
  expect(jest.getTimerCount()).toBe(0);
});

test("a stop of the service is the last event of all clients, and not of a stream that ends otherwise", async () => {
  const { stream } = setUp();
  const client = connect(stream);
  const stopped = { time: "2026-01-02T03:04:05Z", reason: "SIGTERM", routes: "removed" } as const;
  void stream.end(stopped);
  jest.advanceTimersByTime(1000);
  expect(await client.ended()).toBe("closed");
  expect(await client.received()).toEndWith(`\n\nevent: stopped\ndata: ${JSON.stringify(stopped)}\n\n`);
  const other = connect(stream);
  stream.stop();
  expect(await other.ended()).toBe("closed");
  expect(await other.received()).not.toContain("stopped");
});

test("a HEAD request gets headers only", async () => {
  const { stream } = setUp();
  const response = stream.handler(new Request("http://router/api/v1/events", { method: "HEAD" })) as Response;
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(await response.text()).toBe("");
});
