import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { EventStream } from "../../../src/http/sse.ts";
import type { LogEntry, Status } from "../../../src/status/schema.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const entry = (id: number, text = "something"): LogEntry => ({ id, time: "2026-01-02T03:04:05Z", level: "info", text });

/** A stream of a service whose status tells how often it was asked for. */
function setUp(entries: readonly LogEntry[] = []) {
  let asked = 0;
  const stream = new EventStream({
    status: () => ({ why: `status ${++asked}` }) as Status,
    entriesSince: (id) => entries.filter((one) => one.id > id),
  });
  return { stream, asked: () => asked };
}

const request = (headers: Record<string, string> = {}): Request =>
  new Request("http://router/api/v1/events", { headers });

/** Somebody who follows, with everything he has been told. */
function follow(stream: EventStream, headers: Record<string, string> = {}) {
  const response = stream.page(request(headers)) as Response;
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
  return { response, told: async () => (await settle(), text), ended: async () => (await settle(), ended), reader };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const statusesIn = (text: string): string[] =>
  [...text.matchAll(/^event: status\ndata: (.*)$/gm)].map(([, data]) => data!);
const idsIn = (text: string): number[] => [...text.matchAll(/^id: (\d+)\nevent: event$/gm)].map(([, id]) => Number(id));

test("whoever comes is told the status, and all entries or those since the last one seen", async () => {
  const { stream } = setUp([entry(5), entry(6), entry(7)]);
  const first = follow(stream);
  expect(first.response.headers.get("content-type")).toBe("text/event-stream");
  expect(await first.told()).toStartWith(
    'retry: 2000\n\nevent: status\ndata: {"why":"status 1"}\n\nid: 5\nevent: event\n',
  );
  expect(idsIn(await first.told())).toEqual([5, 6, 7]);
  expect(idsIn(await follow(stream, { "last-event-id": "6" }).told())).toEqual([7]);
  expect(idsIn(await follow(stream, { "last-event-id": "nonsense" }).told())).toEqual([5, 6, 7]);
});

test("changes are told at most once a second, the newest state last", async () => {
  const { stream, asked } = setUp();
  const follower = follow(stream);
  for (let change = 0; change < 100; change++) {
    stream.changed();
    jest.advanceTimersByTime(50);
  }
  jest.advanceTimersByTime(1000);
  const statuses = statusesIn(await follower.told());
  expect(statuses.length).toBeGreaterThanOrEqual(6);
  expect(statuses.length).toBeLessThanOrEqual(8);
  expect(statuses.at(-1)).toBe(`{"why":"status ${asked()}"}`);
  jest.advanceTimersByTime(9000);
  expect(statusesIn(await follower.told())).toHaveLength(statuses.length); // nothing changed, so nothing is told
});

test("an entry is told at once, to everybody, and a status is made once for all", async () => {
  const { stream, asked } = setUp();
  const followers = [follow(stream), follow(stream), follow(stream)];
  stream.logged(entry(8));
  for (const { told } of followers) expect(idsIn(await told())).toEqual([8]);
  const before = asked();
  stream.changed();
  jest.advanceTimersByTime(1000);
  expect(asked()).toBe(before + 1);
});

test("a sign of life is given where nothing happens", async () => {
  const { stream } = setUp();
  const follower = follow(stream);
  jest.advanceTimersByTime(31_000);
  expect((await follower.told()).match(/^: still here\n$/gm)).toHaveLength(3);
});

test("while nobody follows, nothing is made and no timer runs", async () => {
  const { stream, asked } = setUp();
  stream.changed();
  stream.logged(entry(1));
  expect(jest.getTimerCount()).toBe(0);
  const follower = follow(stream);
  stream.changed();
  expect(jest.getTimerCount()).toBe(2);
  await follower.reader.cancel();
  expect(jest.getTimerCount()).toBe(0);
  const before = asked();
  stream.changed();
  jest.advanceTimersByTime(60_000);
  expect(asked()).toBe(before);
});

test("only so many can follow; when one goes, another can come", async () => {
  const { stream } = setUp();
  const followers = Array.from({ length: 16 }, () => follow(stream));
  const refused = stream.page(request()) as Response;
  expect(refused.status).toBe(503);
  expect(await refused.text()).toContain("16 are following already");
  await followers[3]!.reader.cancel();
  expect(follow(stream).response.status).toBe(200);
});

test("whoever does not read is let go, and the others notice nothing", async () => {
  const { stream } = setUp();
  const stalled = stream.page(request()) as Response;
  const follower = follow(stream);
  for (let id = 1; id <= 30; id++) {
    stream.logged(entry(id, "x".repeat(100_000)));
    await settle();
  }
  expect(idsIn(await follower.told())).toHaveLength(30);
  for (let more = 0; more < 15; more++) expect(follow(stream).response.status).toBe(200);
  expect((stream.page(request()) as Response).status).toBe(503);
  stream.stop(); // whoever was not let go before ends well
  await expect(stalled.text()).rejects.toThrow("too slow");
});

test("a stop lets everybody go", async () => {
  const { stream } = setUp();
  const follower = follow(stream);
  stream.stop();
  expect(await follower.ended()).toBe("closed");
  expect(jest.getTimerCount()).toBe(0);
});

test("a HEAD request is not followed up", async () => {
  const { stream } = setUp();
  const response = stream.page(new Request("http://router/api/v1/events", { method: "HEAD" })) as Response;
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  expect(await response.text()).toBe("");
});
