import { describe, expect, test } from "bun:test";

import {
  connectionToClose,
  connectionToForget,
  type Held,
  limitsFor,
  openFilesIn,
} from "../../../src/http/connection-limits.ts";

describe("the connections of the port", () => {
  test.each([
    [64, 8, 4, 2],
    [256, 32, 16, 8],
    [1024, 128, 64, 16],
    [4096, 128, 64, 16],
    [Infinity, 128, 64, 16],
    [undefined, 32, 16, 8],
    [8, 8, 4, 2],
  ])("of %p descriptors are %p, of one address %p, and followers %p", (descriptors, total, perAddress, followers) => {
    expect(limitsFor(descriptors)).toEqual({ total, perAddress, followers });
  });

  test("leave room for other requests beside followers, of all addresses and of one", () => {
    for (let descriptors = 1; descriptors < 5000; descriptors += 7) {
      const { total, perAddress, followers } = limitsFor(descriptors);
      expect(followers).toBeGreaterThan(0);
      expect(followers).toBeLessThan(perAddress);
      expect(perAddress).toBeLessThan(total);
    }
  });
});

test("the limit of open files is the soft one of /proc/PID/limits", () => {
  const text = (soft: string) => `Limit Soft Limit Hard Limit Units
Max processes             63304                63304                processes
Max open files            ${soft}                 524288               files
`;
  expect(openFilesIn(text("1024"))).toBe(1024);
  expect(openFilesIn(text("unlimited"))).toBe(Infinity);
  expect(openFilesIn("")).toBeUndefined();
});

describe("the connection that is closed for a new one", () => {
  const limits = { total: 6, perAddress: 3, followers: 1 };
  const held = (from: string, phase: Held["phase"], since: number): Held => ({ from, phase, since, unread: 0 });

  test("is none while there is room", () => {
    expect(connectionToClose([], "a", limits)).toBeUndefined();
    const five = [1, 2, 3, 4, 5].map((since) => held(`client ${since}`, "waiting", since));
    expect(connectionToClose(five, "a", limits)).toBeUndefined();
  });

  test("is one of the same address where that has its share, whatever others hold", () => {
    const own = [held("a", "answering", 5), held("a", "waiting", 7), held("a", "following", 1)];
    expect(connectionToClose([...own, held("b", "waiting", 0)], "a", limits)).toBe(own[1]!);
  });

  test("is one of the address with the most where all are in use, so of none with fewer", () => {
    const greedy = [held("a", "following", 1), held("a", "answering", 3), held("a", "answering", 2)];
    const others = ["b", "c", "d"].map((from) => held(from, "waiting", 0));
    expect(connectionToClose([...others, ...greedy], "e", limits)).toBe(greedy[2]!);
  });

  test("is that which has waited longest, then that which is answered longest, and a follower at last", () => {
    const all = [
      held("a", "following", 1),
      held("b", "answering", 3),
      held("c", "answering", 2),
      held("d", "waiting", 9),
      held("e", "waiting", 8),
      held("f", "waiting", 10),
    ];
    const order = [8, 9, 10, 2, 3, 1];
    for (const since of order) {
      const first = connectionToClose(all, "g", { ...limits, total: all.length })!;
      expect(first.since).toBe(since);
      all.splice(all.indexOf(first), 1);
    }
  });
});

describe("the connection that is closed for the memory of its response", () => {
  const MIB = 1 << 20;
  const slow = (from: string, since: number, unread: number): Held => ({ from, phase: "answering", since, unread });

  test("is none up to 32 MiB", () => {
    expect(connectionToForget([])).toBeUndefined();
    expect(connectionToForget([slow("a", 1, 16 * MIB), slow("b", 1, 16 * MIB)])).toBeUndefined();
  });

  test("is the oldest of the address that holds most", () => {
    const [old, young] = [slow("a", 5, 9 * MIB), slow("a", 7, 9 * MIB)];
    const idle: Held = { from: "a", phase: "waiting", since: 1, unread: 0 };
    expect(connectionToForget([slow("b", 1, 15 * MIB), young, idle, old])).toBe(old);
  });
});
