import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { Delivery, type DeliveryResult } from "../../../src/hooks/delivery.ts";
import type { HookEvent } from "../../../src/events/hooks.ts";
import type { Notification } from "../../../src/hooks/notification.ts";
import { notification } from "./hooks.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const OK: DeliveryResult = { ok: true };
const RETRYABLE = { ok: false, retryable: true, problem: "status 500" } as const satisfies DeliveryResult;
const FINAL: DeliveryResult = { ok: false, retryable: false, problem: "status 404" };

/** A delivery whose attempts end when and how the test says. */
function setUp(random = () => 0.5) {
  const events: HookEvent[] = [];
  const asked: Notification[] = [];
  const open: ((result: DeliveryResult) => void)[] = [];
  let atOnce: DeliveryResult | undefined;
  const deliver = (one: Notification, signal: AbortSignal): Promise<DeliveryResult> => {
    asked.push(one);
    if (atOnce) return Promise.resolve(atOnce);
    const { promise, resolve } = Promise.withResolvers<DeliveryResult>();
    open.push(resolve);
    signal.addEventListener("abort", () => resolve({ ...RETRYABLE, problem: "cut off" }));
    return promise;
  };
  const delivery = new Delivery({ channel: "webhook", deliver }, (event) => events.push(event), random);
  const pass = async (milliseconds: number): Promise<void> => {
    jest.advanceTimersByTime(milliseconds);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    delivery,
    pass,
    ids: () => asked.map(({ id }) => id),
    answers: (result: DeliveryResult) => (atOnce = result),
    async end(result: DeliveryResult) {
      open.shift()!(result);
      await pass(0);
    },
    runs: () => events.flatMap((event) => (event.type === "hook-run" ? (event.problem ?? "ok") : [])),
    dropped: (reason: string) =>
      events.reduce((sum, one) => sum + (one.type === "hook-dropped" && one.reason === reason ? one.count : 0), 0),
  };
}

const down = (gateway: string) => notification({ gateway });

describe("notifications", () => {
  test("are delivered a moment later, one at a time and in order", async () => {
    const { delivery, pass, ids, end, runs } = setUp();
    const some = [down("a"), down("b"), down("c")];
    for (const one of some) delivery.offer(one);
    expect(ids()).toEqual([]); // the caller must not wait
    await pass(100);
    expect(ids()).toEqual([some[0]!.id]);
    await end(OK);
    expect(ids()).toEqual([some[0]!.id, some[1]!.id]);
    await end(OK);
    await end(OK);
    expect(ids()).toEqual(some.map(({ id }) => id));
    expect(runs()).toEqual(["ok", "ok", "ok"]);
    delivery.offer(down("d"));
    await pass(100);
    expect(ids()).toHaveLength(4);
  });

  test("that come during a slow attempt are superseded by newer ones and do not pile up", async () => {
    const { delivery, pass, ids, end, dropped } = setUp();
    delivery.offer(down("a"));
    await pass(100);
    const flaps = Array.from({ length: 1000 }, (_, index) =>
      notification({ gateway: "a", event: index % 2 === 0 ? "gateway-up" : "gateway-down" }),
    );
    for (const flap of flaps) delivery.offer(flap);
    await pass(60_000);
    expect(ids()).toHaveLength(1);
    await end(OK);
    await end(OK);
    await end(OK);
    expect(ids().slice(1)).toEqual(flaps.slice(-2).map(({ id }) => id));
    expect(dropped("superseded")).toBe(998);
  });

  test("beyond the limit are dropped, the oldest first", async () => {
    const { delivery, pass, ids, answers, dropped } = setUp();
    answers(OK);
    for (let number = 0; number < 300; number++) delivery.offer(down(`gateway ${number}`));
    for (let round = 0; round < 300; round++) await pass(100);
    expect(ids()).toHaveLength(256);
    expect(dropped("full")).toBe(44);
  });
});

describe("a failure", () => {
  test("that is retryable is retried after growing waits, until it succeeds", async () => {
    const { delivery, pass, ids, end, runs } = setUp();
    delivery.offer(down("a"));
    delivery.offer(down("b"));
    await pass(100);
    for (const wait of [500, 1000, 2000, 4000]) {
      await end(RETRYABLE);
      await pass(wait - 1);
      const before = ids().length;
      await pass(1);
      expect(ids()).toHaveLength(before + 1);
    }
    await end(OK);
    await end(OK);
    expect(runs()).toEqual([...Array(4).fill("status 500"), "ok", "ok"]);
    expect(new Set(ids()).size).toBe(2);
  });

  test("is retried no sooner than the receiver asks for, up to five minutes", async () => {
    const { delivery, pass, ids, end } = setUp();
    delivery.offer(down("a"));
    await pass(100);
    await end({ ...RETRYABLE, waitMs: 30_000 });
    await pass(29_999);
    expect(ids()).toHaveLength(1);
    await pass(1);
    expect(ids()).toHaveLength(2);
    await end({ ...RETRYABLE, waitMs: 86_400_000 });
    await pass(300_000);
    expect(ids()).toHaveLength(3);
  });

  test("is not retried when there is a newer notification about the same", async () => {
    const { delivery, pass, ids, end, dropped } = setUp();
    const [older, newer] = [down("a"), down("a")];
    delivery.offer(older);
    await pass(100);
    delivery.offer(newer);
    await end(RETRYABLE);
    await pass(500);
    expect(ids()).toEqual([older.id, newer.id]);
    expect(dropped("superseded")).toBe(1);
  });

  test("that lasts is given up after twenty attempts, and the next notification follows", async () => {
    const { delivery, pass, ids, answers, dropped } = setUp();
    answers(RETRYABLE);
    const [first, second] = [down("a"), down("b")];
    delivery.offer(first);
    delivery.offer(second);
    for (let round = 0; !ids().includes(second.id) && round < 1000; round++) await pass(10_000);
    expect(ids()).toEqual([...Array(20).fill(first.id), second.id]);
    expect(dropped("given_up")).toBe(1);
  });

  test("that is not retryable is not retried", async () => {
    const { delivery, pass, ids, answers, dropped } = setUp();
    answers(FINAL);
    delivery.offer(down("a"));
    delivery.offer(down("b"));
    await pass(100);
    await pass(600_000);
    expect(ids()).toHaveLength(2);
    expect(dropped("given_up")).toBe(2);
  });
});

describe("a stop", () => {
  test("gives an attempt under way a moment, and drops the queue", async () => {
    const { delivery, pass, ids, end, runs, dropped } = setUp();
    delivery.offer(down("a"));
    delivery.offer(down("b"));
    await pass(100);
    let stopped = false;
    void delivery.stop(500).then(() => (stopped = true));
    await pass(499);
    expect(stopped).toBe(false);
    await end(OK);
    expect([stopped, ids().length, runs(), dropped("stopped")]).toEqual([true, 1, ["ok"], 1]);
  });

  test("cancels an attempt that takes longer, and reports that it is not delivered", async () => {
    const { delivery, pass, runs, dropped } = setUp();
    delivery.offer(down("a"));
    await pass(100);
    let stopped = false;
    void delivery.stop(500).then(() => (stopped = true));
    await pass(500);
    expect([stopped, runs(), dropped("stopped")]).toEqual([true, ["cut off"], 1]);
  });

  test("takes no time when nothing is under way, and nothing begins after it", async () => {
    const { delivery, pass, ids } = setUp();
    delivery.offer(down("a"));
    await delivery.stop(500);
    delivery.offer(down("b"));
    await pass(600_000);
    expect(ids()).toEqual([]);
    const idle = setUp();
    await idle.delivery.stop(500);
    idle.delivery.offer(down("a"));
    await idle.pass(600_000);
    expect(idle.ids()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    const retrying = setUp();
    retrying.delivery.offer(down("a"));
    await retrying.pass(100);
    await retrying.end(RETRYABLE);
    await retrying.delivery.stop(500);
    await retrying.pass(600_000);
    expect(retrying.ids()).toHaveLength(1);
  });
});

test("whatever happens, every notification is delivered, superseded or counted, and the newest of each comes last", async () => {
  const offer = fc.record({ event: fc.constantFrom("gateway-up", "gateway-down"), gateway: fc.constantFrom("a", "b") });
  const step = fc.oneof(offer, fc.constantFrom(OK, RETRYABLE, FINAL), fc.integer({ min: 1, max: 2000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { delivery, pass, ids, answers, runs, dropped } = setUp();
      const newest = new Map<string, number>();
      const offered: number[] = [];
      answers(OK);
      for (const one of steps) {
        if (typeof one === "number") await pass(one);
        else if ("ok" in one) answers(one);
        else {
          const fresh = notification(one as Partial<Notification>);
          newest.set(`${fresh.event} ${fresh.gateway}`, fresh.id);
          offered.push(fresh.id);
          delivery.offer(fresh);
        }
      }
      answers(OK);
      for (let round = 0; round < 5; round++) await pass(300_000);
      const delivered = runs().filter((run) => run === "ok").length;
      expect(delivered + dropped("superseded") + dropped("given_up")).toBe(offered.length);
      expect(ids()).toEqual(ids().toSorted((a, b) => a - b));
      for (const id of newest.values()) expect(ids()).toContain(id);
    }),
  );
});
