import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import type { PublicAddresses } from "../../../src/ddns/public-addresses.ts";
import { activate, addressesOf, GATEWAYS, NEVER_FOUND, RETAIN_MS, statesOf } from "./public-addresses.fixture.ts";

describe("a record that is not desired", () => {
  const retains = (addresses: PublicAddresses, address: string, now = 0): boolean =>
    addresses.desired(now).claimOn(address) !== "none";

  test("is not retained while every active gateway is known or kept, or none is active", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.2" });
    addresses.failed("b");
    activate(addresses, "b");
    expect([retains(addresses, "1.0.0.1"), retains(addresses, NEVER_FOUND)]).toEqual([false, false]);
    activate(addresses);
    expect([retains(addresses, "1.0.0.2"), retains(addresses, NEVER_FOUND)]).toEqual([false, false]);
  });

  test("with an address that no look-up ever found is retained while a gateway is unknown", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: undefined });
    expect(retains(addresses, NEVER_FOUND)).toBe(true);
    addresses.failed("b");
    expect(retains(addresses, NEVER_FOUND)).toBe(true);
    addresses.succeeded("b", "1.0.0.2", 0);
    expect(retains(addresses, NEVER_FOUND)).toBe(false);
  });

  test("with an unknown gateway's last address is retained: after a time away, and after too many failures", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.2" });
    addresses.failed("a");
    expect(retains(addresses, "1.0.0.1", RETAIN_MS + 1)).toBe(true);
    activate(addresses, "a");
    activate(addresses, "a", "b");
    expect(retains(addresses, "1.0.0.2")).toBe(true);
  });

  test.each([
    ["inactive", ["b"]],
    ["active and has another address now", ["a", "b"]],
  ])("of another gateway that is %s is not retained, though one is unknown", (_, active) => {
    const addresses = addressesOf({ a: "1.0.0.1" });
    if (active.includes("a")) addresses.succeeded("a", "1.0.0.3", 0);
    activate(addresses, ...active);
    expect(retains(addresses, NEVER_FOUND)).toBe(true);
    expect(retains(addresses, "1.0.0.1")).toBe(false);
  });

  test("with the last address of an unknown gateway, which another gateway had too, is retained", () => {
    const addresses = addressesOf({ a: "1.0.0.1", b: "1.0.0.1" });
    addresses.succeeded("b", "1.0.0.2", 0);
    activate(addresses, "b");
    activate(addresses, "a", "b");
    expect(retains(addresses, "1.0.0.1")).toBe(true);
  });

  test("with an address that came back to its gateway is not taken for a former one", () => {
    const addresses = addressesOf({ a: "1.0.0.1" });
    for (const address of ["1.0.0.2", "1.0.0.1"]) addresses.succeeded("a", address, 0);
    activate(addresses);
    activate(addresses, "a");
    expect([retains(addresses, "1.0.0.1"), retains(addresses, "1.0.0.2")]).toEqual([true, false]);
  });

  test("is judged by a limited number of former addresses, of which the oldest are forgotten first", () => {
    const addresses = addressesOf({ a: undefined, b: undefined });
    const found = Array.from({ length: 1500 }, (_, index) => `1.1.${index >> 8}.${index & 255}`);
    for (const address of [...found.slice(0, 900), found[0]!, ...found.slice(900)]) {
      addresses.succeeded("a", address, 0);
    }
    expect(retains(addresses, found[1]!)).toBe(true);
    expect([found[0]!, ...found.slice(-900, -1)].filter((address) => retains(addresses, address))).toEqual([]);
  });
});

test("a failed look-up never takes an address of an active gateway away, whatever happened before", () => {
  const anyGateway = fc.constantFrom(...GATEWAYS);
  const anyAddress = fc.constantFrom("1.0.0.1", "1.0.0.2", "1.0.0.3", "1.0.0.4");
  const anyStep = fc.oneof(
    fc.subarray(GATEWAYS).map((active) => ({ active })),
    fc.record({ gateway: anyGateway, address: fc.option(anyAddress, { nil: undefined }) }),
    fc.record({ wait: fc.constantFrom(1, RETAIN_MS / 2, RETAIN_MS) }),
  );
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
      const publicAddresses = addressesOf();
      const last = new Map<string, string>();
      let active: readonly string[] = [];
      let now = 0;
      for (const step of steps) {
        if ("wait" in step) now += step.wait;
        else if ("active" in step) activate(publicAddresses, ...(active = step.active));
        else if (!active.includes(step.gateway)) continue;
        else if (step.address === undefined) publicAddresses.failed(step.gateway);
        else {
          publicAddresses.succeeded(step.gateway, step.address, now);
          last.set(step.gateway, step.address);
        }

        const { addresses, claimOn, mayBeEmpty } = publicAddresses.desired(now);
        const found = active.flatMap((gateway) => last.get(gateway) ?? []);
        for (const address of found) expect(addresses.includes(address) || claimOn(address) === "likely").toBe(true);
        for (const address of addresses) expect(found).toContain(address);
        expect(addresses).toEqual([...new Set(addresses)]);
        expect(mayBeEmpty).toBe(active.length === 0);
        const someUnknown = statesOf(publicAddresses, now).includes("unknown");
        expect(claimOn(NEVER_FOUND)).toBe(someUnknown ? "possible" : "none");
      }
    }),
    { numRuns: 2000 },
  );
});
