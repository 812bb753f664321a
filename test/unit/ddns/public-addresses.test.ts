import { describe, expect, test } from "bun:test";

import { activate, bookOf, KEEP_MS, statesOf } from "./public-addresses.fixture.ts";

describe("what is known of a gateway", () => {
  test("is that it is inactive, until it is active, and unknown until it is asked", () => {
    const book = bookOf();
    expect(statesOf(book)).toBe("inactive inactive inactive");
    activate(book, "b");
    expect(statesOf(book)).toBe("inactive unknown inactive");
    book.miss("b");
    expect(statesOf(book)).toBe("inactive unknown inactive");
    book.learn("b", "1.0.0.2", 0);
    expect(statesOf(book)).toBe("inactive known inactive");
  });

  test("stays known for as long as no look-up fails", () => {
    expect(bookOf({ a: "1.0.0.1" }).stateOf("a", 1000 * KEEP_MS)).toBe("known");
  });

  test("is kept while look-ups fail, for so long after the last success and not after the first failure", () => {
    const book = bookOf({ a: "1.0.0.1" });
    book.learn("a", "1.0.0.1", 500);
    book.miss("a");
    expect(book.stateOf("a", 500 + KEEP_MS)).toBe("kept");
    expect(book.stateOf("a", 501 + KEEP_MS)).toBe("unknown");
    book.miss("a");
    expect(book.stateOf("a", 501)).toBe("kept");
    expect(book.stateOf("a", 501 + KEEP_MS)).toBe("unknown");
  });

  test("is known again after the next success, however late", () => {
    const book = bookOf({ a: "1.0.0.1" });
    book.miss("a");
    book.learn("a", "1.0.0.1", 10 * KEEP_MS);
    expect(book.stateOf("a", 10 * KEEP_MS)).toBe("known");
    book.miss("a");
    expect(book.stateOf("a", 11 * KEEP_MS)).toBe("kept");
  });

  test("is forgotten when it leaves: it may come back with another address", () => {
    const book = bookOf({ a: "1.0.0.1" });
    activate(book);
    expect(statesOf(book)).toBe("inactive inactive inactive");
    activate(book, "a");
    expect(book.stateOf("a", 0)).toBe("unknown");
    expect(book.wish(0).addresses).toEqual([]);
    book.miss("a");
    expect(book.stateOf("a", 0)).toBe("unknown");
  });

  test("is untouched when others come and go", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    book.miss("b");
    for (const others of [["c"], [], ["c"]]) activate(book, "a", "b", ...others);
    expect(statesOf(book)).toBe("known kept unknown");
  });
});

describe("a look-up that succeeds", () => {
  test("tells whether the address is another one, and what it was", () => {
    const book = bookOf({ a: undefined });
    expect(book.learn("a", "1.0.0.1", 0)).toEqual({ from: undefined });
    expect(book.learn("a", "1.0.0.1", 0)).toBeUndefined();
    expect(book.learn("a", "1.0.0.2", 0)).toEqual({ from: "1.0.0.1" });
    expect(book.learn("a", "1.0.0.1", 0)).toEqual({ from: "1.0.0.2" });
  });

  test("after a time away or a failure is held against the address before that", () => {
    const book = bookOf({ a: "1.0.0.1" });
    activate(book);
    activate(book, "a");
    book.miss("a");
    expect(book.learn("a", "1.0.0.1", 0)).toBeUndefined();
    activate(book);
    activate(book, "a");
    expect(book.learn("a", "1.0.0.2", 0)).toEqual({ from: "1.0.0.1" });
  });

  test("is no change when the same address was another gateway's", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    expect(book.learn("b", "1.0.0.1", 0)).toEqual({ from: "1.0.0.2" });
    expect(book.learn("a", "1.0.0.1", 0)).toBeUndefined();
  });
});

test("answers are pending until every active gateway has been asked once since it became active", () => {
  const book = bookOf();
  expect(book.pending).toBe(false);
  activate(book, "a", "b");
  book.learn("a", "1.0.0.1", 0);
  expect(book.pending).toBe(true);
  book.miss("b");
  expect(book.pending).toBe(false);
  activate(book, "a");
  expect(book.pending).toBe(false);
  activate(book, "a", "b");
  expect(book.pending).toBe(true);
  activate(book, "a");
  expect(book.pending).toBe(false);
});

describe("the wish", () => {
  test("holds each address once, in the order of the gateways and not of their answers", () => {
    const book = bookOf({ c: "1.0.0.3", b: "1.0.0.1", a: "1.0.0.2" });
    expect(book.wish(0).addresses).toEqual(["1.0.0.2", "1.0.0.1", "1.0.0.3"]);
    book.learn("a", "1.0.0.3", 0);
    expect(book.wish(0).addresses).toEqual(["1.0.0.3", "1.0.0.1"]);
  });

  test("holds an address that two gateways share for as long as one of them has it", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.1" });
    activate(book, "b");
    expect(book.wish(0).addresses).toEqual(["1.0.0.1"]);
    book.learn("b", "1.0.0.2", 0);
    expect(book.wish(0).addresses).toEqual(["1.0.0.2"]);
  });

  test("follows an address that moves to another gateway", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    book.learn("b", "1.0.0.1", 0);
    book.learn("a", "1.0.0.3", 0);
    expect(book.wish(0).addresses).toEqual(["1.0.0.3", "1.0.0.1"]);
    activate(book, "a");
    expect(book.wish(0).addresses).toEqual(["1.0.0.3"]);
  });

  test("keeps what a failing look-up told for its time, and does not assert it any longer", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    book.miss("a");
    expect(book.wish(KEEP_MS).addresses).toEqual(["1.0.0.1", "1.0.0.2"]);
    expect(book.wish(KEEP_MS + 1).addresses).toEqual(["1.0.0.2"]);
  });

  test("may be empty only while no gateway is active", () => {
    const book = bookOf({ a: undefined });
    expect(book.wish(0)).toMatchObject({ addresses: [], mayBeEmpty: false });
    book.miss("a");
    expect(book.wish(0)).toMatchObject({ addresses: [], mayBeEmpty: false });
    activate(book);
    expect(book.wish(0)).toMatchObject({ addresses: [], mayBeEmpty: true });
  });
});
