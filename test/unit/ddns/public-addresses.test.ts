import { describe, expect, test } from "bun:test";

import { activate, addressesOf, RETAIN_MS, statesOf } from "./public-addresses.fixture.ts";

describe("the state of a gateway's address", () => {
  test("is inactive until the gateway is active, and unknown until a look-up succeeds", () => {
    const addresses = addressesOf();
    expect(statesOf(addresses)).toBe("inactive inactive inactive");
    activate(addresses, "b");
    expect(statesOf(addresses)).toBe("inactive unknown inactive");
    addresses.failed("b");
    expect(statesOf(addresses)).toBe("inactive unknown inactive");
    addresses.succeeded("b", "1.0.0.2", 0);
    expect(statesOf(addresses)).toBe("inactive known inactive");
  });

  test("stays known until a look-up fails", () => {
    expect(addressesOf({ a: "1.0.0.1" }).stateOf("a", 1000 * RETAIN_MS)).toBe("known");
  });

  test("is kept while look-ups fail, counted from the last success and not from the first failure", () => {
    const addresses = addressesOf({ a: "1.0.0.1" });
    addresses.succeeded("a", "1.0.0.1", 500);
    addresses.failed("a");
    expect(addresses.stateOf("a", 500 + RETAIN_MS)).toBe("kept");
    expect(addresses.stateOf("a", 501 + RETAIN_MS)).toBe("unknown");
    addresses.failed("a");
    expect(addresses.stateOf("a", 501)).toBe("kept");
    expect(addresses.stateOf("a", 501 + RETAIN_MS)).toBe("unknown");
  });

  test("is known again after the next success, however late", () => {
    const addresses = addressesOf({ a: "1.0.0.1" });
    addresses.failed("a");
    addresses.succeeded("a", "1.0.0.1", 10 * RETAIN_MS);
    expect(addresses.stateOf("a", 10 * RETAIN_MS)).toBe("known");
    addresses.failed("a");
    expect(addresses.stateOf("a", 11 * RETAIN_MS)).toBe("kept");
  });

  test("is unknown after the gateway left and came back, since it may have another address", () => {
    const addresses = addressesOf({ a: "1.0.0.1" });
    activate(addresses);
    expect(statesOf(addresses)).toBe("inactive inactive inactive");
    activate(addresses, "a");
    expect(addresses.stateOf("a", 0)).toBe("unknown");
    expect(addresses.desired(0).addresses).toEqual([]);
    addresses.failed("a");
    expect(addresses.stateOf("a", 0)).toBe("unknown");
  });

  test("does not change when other gateways come and go", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.2" });
    addresses.failed("b");
    for (const others of [["c"], [], ["c"]]) activate(addresses, "a", "b", ...others);
    expect(statesOf(addresses)).toBe("known kept unknown");
  });
});

test("first look-ups are pending until one of every active gateway has ended since it became active", () => {
  const addresses = addressesOf();
  expect(addresses.pending).toBe(false);
  activate(addresses, "a", "b");
  addresses.succeeded("a", "1.0.0.1", 0);
  expect(addresses.pending).toBe(true);
  addresses.failed("b");
  expect(addresses.pending).toBe(false);
  activate(addresses, "a");
  expect(addresses.pending).toBe(false);
  activate(addresses, "a", "b");
  expect(addresses.pending).toBe(true);
  activate(addresses, "a");
  expect(addresses.pending).toBe(false);
});

describe("the desired records", () => {
  test("have each address once, in the order of the gateways and not of their look-ups", () => {
    const addresses = addressesOf({ c: "1.0.0.3", b: "1.0.0.1", a: "1.0.0.2" });
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.2", "1.0.0.1", "1.0.0.3"]);
    addresses.succeeded("a", "1.0.0.3", 0);
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.3", "1.0.0.1"]);
  });

  test("have an address that two gateways share until none of them has it", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.1" });
    activate(addresses, "b");
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.1"]);
    addresses.succeeded("b", "1.0.0.2", 0);
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.2"]);
  });

  test("follow an address that moves to another gateway", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.2" });
    addresses.succeeded("b", "1.0.0.1", 0);
    addresses.succeeded("a", "1.0.0.3", 0);
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.3", "1.0.0.1"]);
    activate(addresses, "a");
    expect(addresses.desired(0).addresses).toEqual(["1.0.0.3"]);
  });

  test("have the address of a gateway whose look-ups fail for its time, and not for longer", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.2" });
    addresses.failed("a");
    expect(addresses.desired(RETAIN_MS).addresses).toEqual(["1.0.0.1", "1.0.0.2"]);
    expect(addresses.desired(RETAIN_MS + 1).addresses).toEqual(["1.0.0.2"]);
  });

  test("may be empty only while no gateway is active", () => {
    const addresses = addressesOf({ a: undefined });
    expect(addresses.desired(0)).toMatchObject({ addresses: [], mayBeEmpty: false });
    addresses.failed("a");
    expect(addresses.desired(0)).toMatchObject({ addresses: [], mayBeEmpty: false });
    activate(addresses);
    expect(addresses.desired(0)).toMatchObject({ addresses: [], mayBeEmpty: true });
  });
});
