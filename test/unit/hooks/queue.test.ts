import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { EVENTS, type Notification } from "../../../src/hooks/notification.ts";
import { Queue } from "../../../src/hooks/queue.ts";
import { notification } from "./hooks.fixture.ts";

const down = (gateway: string, fields: Partial<Notification> = {}) => notification({ gateway, ...fields });
const all = (queue: Queue): Notification[] => Array.from({ length: queue.size }, () => queue.take()!);

describe("a queue", () => {
  test("returns notifications in their order", () => {
    const queue = new Queue();
    const some = [down("a"), down("b"), notification({ event: "all-down" })];
    for (const one of some) expect(queue.offer(one)).toEqual({ superseded: 0, full: 0 });
    expect(all(queue)).toEqual(some);
    expect(queue.take()).toBeUndefined();
  });

  test("replaces an older notification by a newer one about the same, at the end", () => {
    const queue = new Queue();
    const [first, up, newest] = [down("a"), notification({ event: "gateway-up", gateway: "a" }), down("a")];
    for (const one of [first, up]) queue.offer(one);
    expect(queue.offer(newest)).toEqual({ superseded: 1, full: 0 });
    expect(all(queue)).toEqual([up, { ...newest, superseded: 1 }]);
  });

  test("keeps conflicts about different entries apart", () => {
    const queue = new Queue();
    for (const entry of ["rule 1", "rule 2", "rule 1"])
      queue.offer(notification({ event: "conflict", entries: [entry] }));
    expect(all(queue).map(({ entries }) => entries![0])).toEqual(["rule 2", "rule 1"]);
  });

  test("keeps notifications of different pools apart", () => {
    const queue = new Queue();
    for (const pool of ["vpn", "lte", "vpn"]) queue.offer(notification({ event: "all-down", pool }));
    expect(all(queue).map(({ pool }) => pool!)).toEqual(["lte", "vpn"]);
  });

  test("keeps notifications of different families apart", () => {
    const queue = new Queue();
    for (const family of ["ipv4", "ipv6", "ipv4"] as const) queue.offer(notification({ event: "all-down", family }));
    expect(all(queue).map(({ family }) => family!)).toEqual(["ipv6", "ipv4"]);
  });

  test("keeps notifications of different DNS names apart, also of one name at two providers", () => {
    const queue = new Queue();
    const [one, other] = ["gw.example.net", "sweden.example.net"] as const;
    const failing = (hostname: string, provider: string) => notification({ event: "ddns-failing", hostname, provider });
    for (const [hostname, provider] of [
      [one, "desec"],
      [one, "dynudns"],
      [other, "desec"],
      [one, "desec"],
    ] as const)
      queue.offer(failing(hostname, provider));
    expect(all(queue).map(({ hostname, provider }) => [hostname, provider])).toEqual([
      [one, "dynudns"],
      [other, "desec"],
      [one, "desec"],
    ]);
  });

  test("that is full drops the oldest", () => {
    const queue = new Queue(2);
    const some = ["a", "b", "c"].map((gateway) => down(gateway));
    expect(some.map((one) => queue.offer(one).full)).toEqual([0, 0, 1]);
    expect(all(queue)).toEqual(some.slice(1));
  });

  test("accepts one back as the oldest", () => {
    const queue = new Queue();
    const some = [down("a"), down("b")];
    for (const one of some) queue.offer(one);
    expect(queue.putBack(queue.take()!)).toEqual({ superseded: 0, full: 0 });
    expect(all(queue)).toEqual(some);
  });

  test("does not accept one back if there is a newer one, or if it is full", () => {
    const queue = new Queue(1);
    const [older, newer] = [down("a"), down("a")];
    queue.offer(newer);
    expect(queue.putBack(older)).toEqual({ superseded: 1, full: 0 });
    expect(queue.putBack(down("b"))).toEqual({ superseded: 0, full: 1 });
    expect(all(queue)).toEqual([{ ...newer, superseded: 1 }]);
  });
});

test("whatever is offered, taken and put back: bounded, in order, the newest of each kind last, and nothing lost uncounted", () => {
  const offer = fc.record({ event: fc.constantFrom(...EVENTS), gateway: fc.constantFrom("a", "b", "c") });
  const step = fc.oneof({ weight: 5, arbitrary: offer }, { weight: 3, arbitrary: fc.constantFrom("take", "put back") });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 12 }), (steps, most) => {
      const queue = new Queue(most);
      let [offered, delivered, superseded, full] = [0, 0, 0, 0];
      const newest = new Map<string, number>();
      let inHand: Notification | undefined;
      const count = (displaced: { superseded: number; full: number }): void => {
        superseded += displaced.superseded;
        full += displaced.full;
      };
      for (const one of steps) {
        if (one === "take") {
          delivered += inHand ? 1 : 0;
          inHand = queue.take();
        } else if (one === "put back") {
          if (inHand) count(queue.putBack(inHand));
          inHand = undefined;
        } else {
          const fresh = notification({ ...one, entries: [] });
          newest.set(`${fresh.event} ${fresh.gateway}`, fresh.id);
          count(queue.offer(fresh));
          offered++;
        }
        expect(queue.size).toBeLessThanOrEqual(most);
      }
      const left = all(queue);
      expect(offered).toBe(delivered + (inHand ? 1 : 0) + left.length + superseded + full);
      expect(left.map(({ id }) => id)).toEqual(left.map(({ id }) => id).toSorted((a, b) => a - b));
      for (const { event, gateway, id } of left) expect(id).toBe(newest.get(`${event} ${gateway}`)!);
      const reported = left.reduce((sum, one) => sum + (one.superseded ?? 0), 0);
      expect(reported).toBeLessThanOrEqual(superseded);
    }),
  );
});
