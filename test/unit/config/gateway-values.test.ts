import { describe, expect, test } from "bun:test";

import fc from "fast-check";

import { gateway, gatewayFlag, gatewayName } from "../../../src/config/gateway-values.ts";
import { parseAddress } from "../../../src/net/address.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

const address = parseAddress("192.168.1.10")!;

describe("a gateway", () => {
  test.each([
    ["192.168.1.10", {}],
    ["sweden=192.168.1.10", { name: "sweden" }],
    ["192.168.1.10,weight=2", { weight: 2 }],
    ["192.168.1.10,tier=3", { tier: 3 }],
    ["sweden=192.168.1.10,weight=100,tier=100", { name: "sweden", weight: 100, tier: 100 }],
    ["weight=192.168.1.10,weight=1", { name: "weight", weight: 1 }],
  ])("%s", (text, more) => {
    expect(valueOf(gateway, text)).toEqual({ address, ...more });
    expect(gatewayFlag(valueOf(gateway, text))).toBe(text);
  });

  test("takes weight and tier in either order", () => {
    expect(valueOf(gateway, "192.168.1.10,tier=2,weight=3")).toEqual({ address, weight: 3, tier: 2 });
  });

  test.each([
    ["", "an IPv4 address, with NAME= before it"],
    ["sweden", "such as sweden=192.168.1.10,weight=2,tier=1"],
    ["sweden=", "an IPv4 address"],
    ["192.168.1.300", "an IPv4 address"],
    ["sweden=fd00::1/64", "an IPv4 address"],
    ["192.168.1.10/32", "an IPv4 address"],
    ["=192.168.1.10", 'a name of 1 to 63 letters, digits and -_. that begins with a letter or a digit, before "="'],
    ["a=b=192.168.1.10", "a name of 1 to 63"],
    ["10.0.0.1=192.168.1.10", 'a name that does not look like an address, before "="'],
    ["192.168.1.10,", 'weight=N or tier=N after the address (got ""); another gateway follows after a space'],
    ["a=192.168.1.10,b=192.168.1.11", 'weight=N or tier=N after the address (got "b=192.168.1.11")'],
    ["192.168.1.10,192.168.1.11", 'weight=N or tier=N after the address (got "192.168.1.11")'],
    ["192.168.1.10, weight=2", 'weight=N or tier=N after the address (got " weight=2")'],
    ["192.168.1.10,weight", "weight=N or tier=N"],
    ["192.168.1.10,weight=0", 'a whole number from 1 to 100 after "weight="'],
    ["192.168.1.10,weight=101", "a whole number from 1 to 100"],
    ["192.168.1.10,weight=1.5", "a whole number from 1 to 100"],
    ["192.168.1.10,tier=0", 'a whole number from 1 to 100 after "tier="'],
    ["192.168.1.10,weight=1,weight=2", "weight once"],
    ["192.168.1.10,__proto__=1", "weight=N or tier=N"],
  ])("%j is an error that says what to write", (text, expected) => {
    expect(expectedFor(gateway, text)).toContain(expected);
  });

  test("is read back from its own text", () => {
    const names = fc.stringMatching(/^[A-Za-z\d][\w.-]{0,62}$/).filter((name) => gatewayName.parse(name).ok);
    const given = fc.record(
      {
        address: fc.nat(0xffff_ffff).map((bits) => ({ family: 4 as const, bits })),
        name: names,
        weight: fc.integer({ min: 1, max: 100 }),
        tier: fc.integer({ min: 1, max: 100 }),
      },
      { requiredKeys: ["address"] },
    );
    fc.assert(fc.property(given, (one) => expect(valueOf(gateway, gatewayFlag(one))).toEqual(one)));
  });

  test("of any text never throws, and what it says has no control characters and limited length", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
        const parsed = gateway.parse(`10.0.0.1,${text}`);
        if (parsed.ok) return;
        expect(parsed.expected).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
        expect(parsed.expected.length).toBeLessThan(400);
      }),
    );
  });
});

describe("the name of a gateway", () => {
  test.each(["sweden", "SE-1", "a", "1", "wg0.example", "se_stockholm", "x".repeat(63), "1.2.3", "constructor"])(
    "may be %s",
    (name) => {
      expect(valueOf(gatewayName, name)).toBe(name);
    },
  );

  test.each(["", "-x", ".", "_x", "two words", "schweden-süd", "a,b", "a=b", "a/b", 'a"b', "x".repeat(64), "a\n"])(
    "must not be %j",
    (name) => {
      expect(expectedFor(gatewayName, name)).toContain("letters, digits and -_.");
    },
  );

  test.each(["10.0.0.1", "255.255.255.255", "10.0.0.300", "010.0.0.1"])("must not look like an address: %s", (name) => {
    expect(expectedFor(gatewayName, name)).toBe("a name that does not look like an address");
  });
});
