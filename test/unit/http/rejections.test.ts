import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import type { HttpRejection } from "../../../src/events/http.ts";
import { Rejections } from "../../../src/http/rejections.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

function setUp() {
  const reported: HttpRejection[] = [];
  return { reported, rejections: new Rejections((rejection) => void reported.push(rejection)) };
}

test("the first rejection of an address is reported at once, and the others after a minute together", () => {
  const { reported, rejections } = setUp();
  for (let time = 0; time < 100; time++) rejections.add("password", "192.0.2.1");
  expect(reported).toEqual([{ type: "http-rejected", reason: "password", from: "192.0.2.1" }]);
  jest.advanceTimersByTime(60_000);
  const several = { times: 99, addresses: 1, seconds: 60 };
  expect(reported.slice(1)).toEqual([{ type: "http-rejected", reason: "password", from: "192.0.2.1", several }]);
  expect(jest.getTimerCount()).toBe(0);
  rejections.add("password", "192.0.2.1");
  expect(reported).toHaveLength(3);
});

test("a million rejections of a hundred thousand addresses make six reports a minute", () => {
  const { reported, rejections } = setUp();
  for (let time = 0; time < 1_000_000; time++) rejections.add("password", `client ${time % 100_000}`);
  expect(reported.map(({ from }) => from)).toEqual([0, 1, 2, 3, 4].map((client) => `client ${client}`));
  jest.advanceTimersByTime(60_000);
  expect(reported).toHaveLength(6);
  expect(reported[5]!.several).toEqual({ times: 999_995, addresses: 100, seconds: 60 });
});

test("reasons do not take each other's place, and the report names the address with the most", () => {
  const { reported, rejections } = setUp();
  for (const from of ["a", "b", "c"]) rejections.add("connections", from);
  rejections.add("connections", "c");
  rejections.add("host", "a", "evil.example.com");
  rejections.add("host", "a", "evil.example.com");
  jest.advanceTimersByTime(60_000);
  expect(reported).toEqual([
    { type: "http-rejected", reason: "connections", from: "a" },
    { type: "http-rejected", reason: "host", from: "a", host: "evil.example.com" },
    {
      ...{ type: "http-rejected", reason: "host", from: "a", host: "evil.example.com" },
      several: { times: 1, addresses: 1, seconds: 60 },
    },
    {
      ...{ type: "http-rejected", reason: "connections", from: "c" },
      several: { times: 3, addresses: 2, seconds: 60 },
    },
  ]);
});

test("a stop ends the wait", () => {
  const { rejections } = setUp();
  rejections.add("password", "a");
  rejections.stop();
  expect(jest.getTimerCount()).toBe(0);
});
