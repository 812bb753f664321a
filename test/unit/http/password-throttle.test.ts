import { afterEach, beforeEach, expect, jest, test } from "bun:test";

import { requirePassword } from "../../../src/http/auth.ts";
import { PasswordThrottle } from "../../../src/http/password-throttle.ts";
import { runDue } from "../../fixtures/fake-time.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** A page behind a password, and the addresses that sent a wrong one. */
function setUp() {
  let now = 0;
  const wrong: (string | undefined)[] = [];
  const throttle = new PasswordThrottle(() => now);
  const page = requirePassword("secret", () => new Response("inside"), {
    throttle,
    onWrong: (from) => void wrong.push(from),
  });
  /** The status of an answer; undefined until there is one. */
  const ask = (from: string, password = "wrong") => {
    const seen: { status?: number } = {};
    const headers = new Headers({ authorization: `Bearer ${password}` });
    void Promise.resolve(page({ method: "GET", url: "http://localhost/", headers, from })).then(
      ({ status }) => (seen.status = status),
    );
    return seen;
  };
  const statusOf = async (from: string, password?: string): Promise<number | undefined> => {
    const seen = ask(from, password);
    await runDue();
    return seen.status;
  };
  const pass = async (milliseconds: number): Promise<void> => {
    now += milliseconds;
    jest.advanceTimersByTime(milliseconds);
    await runDue();
  };
  return { ask, statusOf, pass, wrong };
}

test("ten wrong passwords of an address are answered at once, and further ones after a second", async () => {
  const { ask, statusOf, pass, wrong } = setUp();
  for (let time = 0; time < 10; time++) expect(await statusOf("a")).toBe(401);
  const eleventh = ask("a");
  await pass(999);
  expect(eleventh.status).toBeUndefined();
  await pass(1);
  expect(eleventh.status).toBe(401);
  expect(wrong).toEqual(Array(11).fill("a"));
});

test("an address cannot guess more than four times a second, however many requests it sends", async () => {
  const { ask, pass, wrong } = setUp();
  for (let time = 0; time < 10; time++) ask("a");
  await pass(0);
  for (let second = 0; second < 5; second++) {
    const guesses = Array.from({ length: 100 }, () => ask("a"));
    await pass(0);
    expect(guesses.filter(({ status }) => status === 429)).toHaveLength(96);
    await pass(1000);
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(4);
  }
  expect(wrong).toHaveLength(10 + 5 * 4);
});

test("no address slows another one, and the right password is only slowed where wrong ones come from", async () => {
  const { ask, statusOf, pass } = setUp();
  for (let time = 0; time < 50; time++) ask("a");
  await pass(0);
  expect(await statusOf("b", "secret")).toBe(200);
  expect(await statusOf("b")).toBe(401);
  await pass(1000);
  const right = ask("a", "secret");
  await pass(1000);
  expect(right.status).toBe(200);
});

test("wrong passwords are forgotten a minute after the last one", async () => {
  const { ask, statusOf, pass } = setUp();
  for (let time = 0; time < 10; time++) ask("a");
  await pass(0);
  await pass(59_000);
  expect(await statusOf("a", "secret")).toBeUndefined();
  await pass(1001);
  for (let time = 0; time < 10; time++) expect(await statusOf("a")).toBe(401);
});

test("of a client with many addresses each waits from the first wrong password on, and known addresses do not", async () => {
  const { ask, statusOf, pass } = setUp();
  expect(await statusOf("known", "secret")).toBe(200);
  for (let address = 0; address < 200; address++) expect(await statusOf(`fd00::${address}`)).toBe(401);
  const next = ask("fd00::999");
  await pass(999);
  expect(next.status).toBeUndefined();
  expect(await statusOf("known", "secret")).toBe(200);
  await pass(1);
  expect(next.status).toBe(401);
  await pass(60_000);
  expect(await statusOf("fd00::999")).toBe(401);
});

test("no single address makes others wait, however long it guesses", async () => {
  const { ask, statusOf, pass } = setUp();
  for (let second = 0; second < 300; second++) {
    for (let time = 0; time < 10; time++) ask("a");
    await pass(1000);
  }
  expect(await statusOf("new", "secret")).toBe(200);
});

test("requests without a password are neither counted nor slowed", async () => {
  const { statusOf } = setUp();
  for (let time = 0; time < 100; time++) expect(await statusOf("a", "")).toBe(401);
  expect(await statusOf("a", "secret")).toBe(200);
});

test("of a flood of addresses the newest thousand are remembered", () => {
  const throttle = new PasswordThrottle(() => 0);
  throttle.right("first");
  for (let time = 0; time < 10; time++) throttle.wrong("first");
  expect(throttle.admit("first")).not.toBe(true);
  for (let address = 0; address < 1000; address++) throttle.wrong(`client ${address}`);
  expect(throttle.admit("first")).toBe(true);
  for (let time = 0; time < 9; time++) throttle.wrong("client 999");
  expect(throttle.admit("client 999")).not.toBe(true);
});
