import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { PublicAddresses } from "../../../src/ddns/public-addresses.ts";
import { activate, bookOf, GATEWAYS, KEEP_MS, NEVER_TOLD, statesOf } from "./public-addresses.fixture.ts";

describe("of the records that nobody wished for", () => {
  const spares = (book: PublicAddresses, address: string, now = 0): boolean =>
    book.wish(now).spares(address) !== "none";

  test("none is spared while every active gateway is known or kept, or none is active", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    book.miss("b");
    activate(book, "b");
    expect([spares(book, "1.0.0.1"), spares(book, NEVER_TOLD)]).toEqual([false, false]);
    activate(book);
    expect([spares(book, "1.0.0.2"), spares(book, NEVER_TOLD)]).toEqual([false, false]);
  });

  test("one that nobody was ever told is spared while a gateway is unknown: it may be its own", () => {
    const book = bookOf({ a: "1.0.0.1", b: undefined });
    expect(spares(book, NEVER_TOLD)).toBe(true);
    book.miss("b");
    expect(spares(book, NEVER_TOLD)).toBe(true);
    book.learn("b", "1.0.0.2", 0);
    expect(spares(book, NEVER_TOLD)).toBe(false);
  });

  test("an unknown gateway's last one is spared: after a time away, and after too many failures", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.2" });
    book.miss("a");
    expect(spares(book, "1.0.0.1", KEEP_MS + 1)).toBe(true);
    activate(book, "a");
    activate(book, "a", "b");
    expect(spares(book, "1.0.0.2")).toBe(true);
  });

  test.each([
    ["inactive", ["b"]],
    ["active and has another one now", ["a", "b"]],
  ])("one of another gateway that is %s goes, though one is unknown", (_, active) => {
    const book = bookOf({ a: "1.0.0.1" });
    if (active.includes("a")) book.learn("a", "1.0.0.3", 0);
    activate(book, ...active);
    expect(spares(book, NEVER_TOLD)).toBe(true);
    expect(spares(book, "1.0.0.1")).toBe(false);
  });

  test("one that an unknown gateway had last, and another gateway too, is spared", () => {
    const book = bookOf({ a: "1.0.0.1", b: "1.0.0.1" });
    book.learn("b", "1.0.0.2", 0);
    activate(book, "b");
    activate(book, "a", "b");
    expect(spares(book, "1.0.0.1")).toBe(true);
  });

  test("an address that came back to a gateway is not held to be a former one", () => {
    const book = bookOf({ a: "1.0.0.1" });
    for (const address of ["1.0.0.2", "1.0.0.1"]) book.learn("a", address, 0);
    activate(book);
    activate(book, "a");
    expect([spares(book, "1.0.0.1"), spares(book, "1.0.0.2")]).toEqual([true, false]);
  });

  test("a gateway that changes its address for ever fills no memory: the oldest are forgotten first", () => {
    const book = bookOf({ a: undefined, b: undefined });
    const told = Array.from({ length: 1500 }, (_, index) => `1.1.${index >> 8}.${index & 255}`);
    for (const address of [...told.slice(0, 900), told[0]!, ...told.slice(900)]) book.learn("a", address, 0);
    expect(spares(book, told[1]!)).toBe(true);
    expect([told[0]!, ...told.slice(-900, -1)].filter((address) => spares(book, address))).toEqual([]);
  });
});

test("whatever happens, no look-up that fails takes an address of an active gateway away", () => {
  const anyGateway = fc.constantFrom(...GATEWAYS);
  const anyAddress = fc.constantFrom("1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4");
  const anyStep = fc.oneof(
    fc.subarray(GATEWAYS).map((active) => ({ active })),
    fc.record({ gateway: anyGateway, address: fc.option(anyAddress, { nil: undefined }) }),
    fc.record({ wait: fc.constantFrom(1, KEEP_MS / 2, KEEP_MS) }),
  );
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
      const book = bookOf();
      const last = new Map<string, string>();
      let active: readonly string[] = [];
      let now = 0;
      for (const step of steps) {
        if ("wait" in step) now += step.wait;
        else if ("active" in step) activate(book, ...(active = step.active));
        else if (!active.includes(step.gateway)) continue;
        else if (step.address === undefined) book.miss(step.gateway);
        else if (book.learn(step.gateway, step.address, now)) last.set(step.gateway, step.address);

        const { addresses, spares, mayBeEmpty } = book.wish(now);
        const told = active.flatMap((gateway) => last.get(gateway) ?? []);
        for (const address of told) expect(addresses.includes(address) || spares(address) === "likely").toBe(true);
        for (const address of addresses) expect(told).toContain(address);
        expect(addresses).toEqual([...new Set(addresses)]);
        expect(mayBeEmpty).toBe(active.length === 0);
        expect(spares(NEVER_TOLD)).toBe(statesOf(book, now).includes("unknown") ? "possible" : "none");
      }
    }),
    { numRuns: 2000 },
  );
});
