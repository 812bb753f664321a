import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { Connection } from "../../../src/http/connection.ts";
import type { Incoming } from "../../../src/http/handler.ts";
import { runDue } from "../../fixtures/fake-time.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const GET = "GET /path HTTP/1.1\r\nHost: router\r\n\r\n";

interface SetUp {
  readonly respond?: (request: Incoming) => Response | Promise<Response>;
  /** Bytes that the socket accepts at a time. */
  readonly room?: number;
}

/** A connection, and what its client sees. */
function setUp({ respond = ({ url }) => new Response(new URL(url).pathname), room = Infinity }: SetUp = {}) {
  let text = "";
  let left = room;
  let state: "open" | "ended" | "closed" = "open";
  let isPaused = false;
  const connection = new Connection({
    from: "192.0.2.1",
    respond,
    wire: {
      write(bytes) {
        const some = bytes.subarray(0, left);
        left -= some.length;
        text += Buffer.from(some).toString("latin1");
        return some.length;
      },
      end: () => void (state = "ended"),
      terminate: () => void (state = "closed"),
      pause: () => void (isPaused = true),
      resume: () => void (isPaused = false),
    },
  });
  return {
    connection,
    send: (sent: string) => connection.received(Buffer.from(sent, "latin1")),
    /** The client reads as many bytes as the socket holds. */
    async reads() {
      left = room;
      connection.drained();
      await runDue();
    },
    seen: async () => (await runDue(), text),
    state: async () => (await runDue(), state),
    isPaused: async () => (await runDue(), isPaused),
  };
}

const bodiesIn = (text: string): string[] => text.split(/HTTP\/1\.1 [^]*?\r\n\r\n/).slice(1);

test("requests on one connection are answered in their order, however their bytes arrive", async () => {
  const { send, seen, state } = setUp();
  for (const byte of GET.replace("/path", "/first")) send(byte);
  expect(bodiesIn(await seen())).toEqual(["/first"]);
  send(GET.replace("/path", "/second") + GET.replace("/path", "/third"));
  expect(bodiesIn(await seen())).toEqual(["/first", "/second", "/third"]);
  expect(await state()).toBe("open");
});

test("a response has its length, the date and whether the connection is kept", async () => {
  const { send, seen } = setUp();
  send(GET);
  const text = await seen();
  expect(text).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(text).toMatch(/\r\ncontent-length: 5\r\n/);
  expect(text).toMatch(/\r\ndate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
  expect(text).toMatch(/\r\nconnection: keep-alive\r\n/);
});

test("a handler gets the address of the client, and its error becomes status 500", async () => {
  const seenFrom: (string | undefined)[] = [];
  const failing = setUp({
    respond({ from }) {
      seenFrom.push(from);
      throw new Error("broken");
    },
  });
  failing.send(GET);
  expect(await failing.seen()).toMatch(/^HTTP\/1\.1 500 [^]*\r\n\r\nbroken\n$/);
  expect(seenFrom).toEqual(["192.0.2.1"]);
});

test("HEAD gets the length of the body without the body", async () => {
  const { send, seen } = setUp();
  send(GET.replace("GET", "HEAD"));
  expect(await seen()).toMatch(/content-length: 5\r\n[^]*\r\n\r\n$/);
});

test.each([
  ["Connection: close", GET.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")],
  ["a body", GET.replace("\r\n\r\n", "\r\nContent-Length: 900\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["HTTP/1.0", "GET /path HTTP/1.0\r\n\r\n"],
])("after a request with %s the connection ends, and nothing more is read", async (_, request) => {
  const { send, seen, state } = setUp();
  send(request);
  expect(bodiesIn(await seen())).toEqual(["/path"]);
  expect(await state()).toBe("ended");
  send(GET);
  expect(bodiesIn(await seen())).toHaveLength(1);
  jest.advanceTimersByTime(2000);
  expect(await state()).toBe("closed");
});

test("a request that cannot be read gets the reason, and the connection ends", async () => {
  const { send, seen, state } = setUp();
  send("nonsense\r\n\r\n");
  expect(await seen()).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n[^]*connection: close\r\n\r\nthe first line /);
  expect(await state()).toBe("ended");
});

test("a client that sends nothing, or too slowly, is disconnected", async () => {
  const silent = setUp();
  jest.advanceTimersByTime(29_999);
  expect(await silent.state()).toBe("open");
  jest.advanceTimersByTime(1);
  expect(await silent.state()).toBe("closed");
  const slow = setUp();
  for (const byte of GET.slice(0, 9)) {
    slow.send(byte);
    jest.advanceTimersByTime(1100);
  }
  expect(await slow.state()).toBe("open");
  jest.advanceTimersByTime(100);
  expect(await slow.state()).toBe("closed");
});

test("a connection that is kept without a request is closed after 30 s", async () => {
  const { send, seen, state } = setUp();
  send(GET);
  await seen();
  jest.advanceTimersByTime(29_999);
  expect(await state()).toBe("open");
  jest.advanceTimersByTime(1);
  expect(await state()).toBe("closed");
});

test("a response goes out as the client reads, and no further request is read meanwhile", async () => {
  const { connection, send, seen, reads, isPaused } = setUp({ room: 100 });
  send(GET + GET.replace("/path", "/next"));
  await seen();
  expect([connection.phase, await isPaused()]).toEqual(["answering", true]);
  for (let time = 0; time < 10; time++) await reads();
  expect(bodiesIn(await seen())).toEqual(["/path", "/next"]);
  expect([connection.phase, await isPaused()]).toEqual(["waiting", false]);
});

test("a client that does not read its response for 30 s is disconnected", async () => {
  const { send, seen, reads, state } = setUp({ room: 10 });
  send(GET);
  await seen();
  jest.advanceTimersByTime(29_000);
  await reads();
  jest.advanceTimersByTime(29_000);
  expect(await state()).toBe("open");
  jest.advanceTimersByTime(1000);
  expect(await state()).toBe("closed");
});

test("a client that sends its end, before or after its response, gets the response and no reset", async () => {
  for (const isEarly of [true, false]) {
    const { connection, send, seen, state } = setUp();
    send(GET);
    if (!isEarly) await seen();
    connection.ended();
    expect(bodiesIn(await seen())).toEqual(["/path"]);
    expect(await state()).toBe("ended");
    jest.advanceTimersByTime(2000);
    expect(await state()).toBe("closed");
  }
});

test("a client that sends its end without a request is disconnected", async () => {
  for (const sent of ["", "GET /path"]) {
    const { connection, send, state } = setUp();
    send(sent);
    connection.ended();
    expect(await state()).toBe("ended");
  }
});

test("of requests beyond 64 KiB that wait for responses none is answered", async () => {
  const { send, seen, state } = setUp();
  send(GET.repeat(10_000));
  for (let time = 0; time < 3000; time++) await runDue();
  expect(bodiesIn(await seen())).toHaveLength(Math.floor(65_536 / GET.length));
  expect(await state()).toBe("ended");
});

/** A stream that the test writes to. */
function createStream() {
  let controller: ReadableStreamDefaultController<Uint8Array>;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (it) => void (controller = it),
    cancel: () => void (isCancelled = true),
  });
  const respond = () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  return {
    respond,
    write: (text: string) => controller.enqueue(Buffer.from(text)),
    end: () => controller.close(),
    fail: () => controller.error(new Error("too slow")),
    isCancelled: async () => (await runDue(), isCancelled),
  };
}

test("events are sent at once in chunks, and the connection ends with them", async () => {
  const stream = createStream();
  const { connection, send, seen, state } = setUp(stream);
  send(GET);
  stream.write("data: 1\n\n");
  expect(await seen()).toMatch(/\r\ntransfer-encoding: chunked\r\n[^]*\r\n\r\n9\r\ndata: 1\n\n\r\n$/);
  expect(connection.phase).toBe("following");
  jest.advanceTimersByTime(600_000);
  stream.write("data: 2\n\n");
  expect(await seen()).toEndWith("\r\n9\r\ndata: 2\n\n\r\n");
  stream.end();
  expect(await seen()).toEndWith("\r\n0\r\n\r\n");
  expect(await state()).toBe("ended");
});

test("HTTP/1.0 gets events without chunks", async () => {
  const stream = createStream();
  const { send, seen } = setUp(stream);
  send("GET /path HTTP/1.0\r\n\r\n");
  stream.write("data: 1\n\n");
  expect(await seen()).toEndWith("\r\n\r\ndata: 1\n\n");
});

test("a stream is cancelled when its client is gone, and a client disconnected when its stream fails", async () => {
  for (const leave of ["ended", "closed", "close"] as const) {
    const stream = createStream();
    const { connection, send, seen } = setUp(stream);
    send(GET);
    await seen();
    connection[leave]();
    expect(await stream.isCancelled()).toBe(true);
  }
  const stalled = createStream();
  const { send, seen, state } = setUp({ ...stalled, room: 10 });
  send(GET);
  await seen();
  stalled.fail();
  expect(await state()).toBe("closed");
});

test("a follower that sends without end is disconnected", async () => {
  const { send, seen, state } = setUp(createStream());
  send(GET);
  await seen();
  for (let sent = 0; sent < 16; sent++) send("x".repeat(1 << 16));
  expect(await state()).toBe("open");
  send("x");
  expect(await state()).toBe("closed");
});

test("a connection that is closed while its response is made sends nothing and has no timer", async () => {
  const { promise, resolve } = Promise.withResolvers<Response>();
  const { connection, send, seen } = setUp({ respond: () => promise });
  send(GET);
  connection.closed();
  resolve(new Response("late"));
  expect(await seen()).toBe("");
  expect(jest.getTimerCount()).toBe(0);
});
