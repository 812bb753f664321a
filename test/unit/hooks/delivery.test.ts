import { afterEach, beforeEach, describe, expect, jest, test } from "bun:test";

import fc from "fast-check";

import { Courier, type Delivery } from "../../../src/hooks/delivery.ts";
import type { HookEvent } from "../../../src/events/hooks.ts";
import type { Notification } from "../../../src/hooks/notification.ts";
import { notification } from "./hooks.fixture.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const OK: Delivery = { ok: true };
const PASSING = { ok: false, passing: true, problem: "status 500" } as const satisfies Delivery;
const FINAL: Delivery = { ok: false, passing: false, problem: "status 404" };

/** A courier whose deliveries end when and how the test says. */
function setUp(random = () => 0.5) {
  const events: HookEvent[] = [];
  const asked: Notification[] = [];
  const open: ((delivery: Delivery) => void)[] = [];
  let atOnce: Delivery | undefined;
  const deliver = (one: Notification, signal: AbortSignal): Promise<Delivery> => {
    asked.push(one);
    if (atOnce) return Promise.resolve(atOnce);
    const { promise, resolve } = Promise.withResolvers<Delivery>();
    open.push(resolve);
    signal.addEventListener("abort", () => resolve({ ...PASSING, problem: "cut off" }));
    return promise;
  };
  const courier = new Courier({ way: "webhook", deliver }, (event) => events.push(event), random);
  const pass = async (milliseconds: number): Promise<void> => {
    jest.advanceTimersByTime(milliseconds);
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return {
    courier,
    pass,
    ids: () => asked.map(({ id }) => id),
    answers: (delivery: Delivery) => (atOnce = delivery),
    async end(delivery: Delivery) {
      open.shift()!(delivery);
      await pass(0);
    },
    runs: () => events.flatMap((event) => (event.type === "hook-run" ? (event.problem ?? "ok") : [])),
    dropped: (reason: string) =>
      events.reduce((sum, one) => sum + (one.type === "hook-dropped" && one.reason === reason ? one.count : 0), 0),
  };
}

const down = (gateway: string) => notification({ gateway });

describe("notifications", () => {
  test("are delivered a moment after they happened, one at a time and in order", async () => {
    const { courier, pass, ids, end, runs } = setUp();
    const some = [down("a"), down("b"), down("c")];
    for (const one of some) courier.offer(one);
    expect(ids()).toEqual([]); // whoever tells of something must not be held up
    await pass(100);
    expect(ids()).toEqual([some[0]!.id]);
    await end(OK);
    expect(ids()).toEqual([some[0]!.id, some[1]!.id]);
    await end(OK);
    await end(OK);
    expect(ids()).toEqual(some.map(({ id }) => id));
    expect(runs()).toEqual(["ok", "ok", "ok"]);
    courier.offer(down("d"));
    await pass(100);
    expect(ids()).toHaveLength(4);
  });

  test("that come while one hangs are superseded by newer ones, and none of them piles up", async () => {
    const { courier, pass, ids, end, dropped } = setUp();
    courier.offer(down("a"));
    await pass(100);
    const flaps = Array.from({ length: 1000 }, (_, index) =>
      notification({ gateway: "a", event: index % 2 === 0 ? "gateway-up" : "gateway-down" }),
    );
    for (const flap of flaps) courier.offer(flap);
    await pass(60_000);
    expect(ids()).toHaveLength(1);
    await end(OK);
    await end(OK);
    await end(OK);
    expect(ids().slice(1)).toEqual(flaps.slice(-2).map(({ id }) => id));
    expect(dropped("superseded")).toBe(998);
  });

  test("that are too many are dropped, the oldest first", async () => {
    const { courier, pass, ids, answers, dropped } = setUp();
    answers(OK);
    for (let number = 0; number < 300; number++) courier.offer(down(`gateway ${number}`));
    for (let round = 0; round < 300; round++) await pass(100);
    expect(ids()).toHaveLength(256);
    expect(dropped("full")).toBe(44);
  });
});

describe("a failure", () => {
  test("that may pass is tried again after growing waits, until it works", async () => {
    const { courier, pass, ids, end, runs } = setUp();
    courier.offer(down("a"));
    courier.offer(down("b"));
    await pass(100);
    for (const wait of [500, 1000, 2000, 4000]) {
      await end(PASSING);
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

  test("waits at least as long as the receiver asks for, up to five minutes", async () => {
    const { courier, pass, ids, end } = setUp();
    courier.offer(down("a"));
    await pass(100);
    await end({ ...PASSING, waitMs: 30_000 });
    await pass(29_999);
    expect(ids()).toHaveLength(1);
    await pass(1);
    expect(ids()).toHaveLength(2);
    await end({ ...PASSING, waitMs: 86_400_000 });
    await pass(300_000);
    expect(ids()).toHaveLength(3);
  });

  test("is not tried again once there is a newer notification about the same", async () => {
    const { courier, pass, ids, end, dropped } = setUp();
    const [older, newer] = [down("a"), down("a")];
    courier.offer(older);
    await pass(100);
    courier.offer(newer);
    await end(PASSING);
    await pass(500);
    expect(ids()).toEqual([older.id, newer.id]);
    expect(dropped("superseded")).toBe(1);
  });

  test("that lasts is given up after twenty tries, and the next one has its turn", async () => {
    const { courier, pass, ids, answers, dropped } = setUp();
    answers(PASSING);
    const [first, second] = [down("a"), down("b")];
    courier.offer(first);
    courier.offer(second);
    for (let round = 0; !ids().includes(second.id) && round < 1000; round++) await pass(10_000);
    expect(ids()).toEqual([...Array(20).fill(first.id), second.id]);
    expect(dropped("given up")).toBe(1);
  });

  test("that never passes is not tried again", async () => {
    const { courier, pass, ids, answers, dropped } = setUp();
    answers(FINAL);
    courier.offer(down("a"));
    courier.offer(down("b"));
    await pass(100);
    await pass(600_000);
    expect(ids()).toHaveLength(2);
    expect(dropped("given up")).toBe(2);
  });
});

describe("a stop", () => {
  test("lets what is under way go on for a moment, and what waits go", async () => {
    const { courier, pass, ids, end, runs, dropped } = setUp();
    courier.offer(down("a"));
    courier.offer(down("b"));
    await pass(100);
    let stopped = false;
    void courier.stop(500).then(() => (stopped = true));
    await pass(499);
    expect(stopped).toBe(false);
    await end(OK);
    expect([stopped, ids().length, runs(), dropped("stopped")]).toEqual([true, 1, ["ok"], 1]);
  });

  test("cuts off what takes longer, and tells that it is not delivered", async () => {
    const { courier, pass, runs, dropped } = setUp();
    courier.offer(down("a"));
    await pass(100);
    let stopped = false;
    void courier.stop(500).then(() => (stopped = true));
    await pass(500);
    expect([stopped, runs(), dropped("stopped")]).toEqual([true, ["cut off"], 1]);
  });

  test("takes no time where nothing is under way; nothing begins after it", async () => {
    const { courier, pass, ids } = setUp();
    courier.offer(down("a"));
    await courier.stop(500);
    courier.offer(down("b"));
    await pass(600_000);
    expect(ids()).toEqual([]);
    const idle = setUp();
    await idle.courier.stop(500);
    idle.courier.offer(down("a"));
    await idle.pass(600_000);
    expect(idle.ids()).toEqual([]);
    expect(jest.getTimerCount()).toBe(0);
    const retrying = setUp();
    retrying.courier.offer(down("a"));
    await retrying.pass(100);
    await retrying.end(PASSING);
    await retrying.courier.stop(500);
    await retrying.pass(600_000);
    expect(retrying.ids()).toHaveLength(1);
  });
});

test("whatever happens, every notification is delivered, superseded or counted, and the newest of each comes last", async () => {
  const offer = fc.record({ event: fc.constantFrom("gateway-up", "gateway-down"), gateway: fc.constantFrom("a", "b") });
  const step = fc.oneof(offer, fc.constantFrom(OK, PASSING, FINAL), fc.integer({ min: 1, max: 2000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { courier, pass, ids, answers, runs, dropped } = setUp();
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
          courier.offer(fresh);
        }
      }
      answers(OK);
      for (let round = 0; round < 5; round++) await pass(300_000);
      const delivered = runs().filter((run) => run === "ok").length;
      expect(delivered + dropped("superseded") + dropped("given up")).toBe(offered.length);
      expect(ids()).toEqual(ids().toSorted((a, b) => a - b));
      for (const id of newest.values()) expect(ids()).toContain(id);
    }),
  );
});
