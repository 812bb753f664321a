import { describe, expect, test } from "bun:test";
import fc from "fast-check";

import { cidr } from "../../../src/config/address-values.ts";
import { goPort, readGoInteger } from "../../../src/config/go-integer.ts";
import { optionList } from "../../../src/config/options.ts";
import { boolean, duration, lookUpPath, urlPath, wait } from "../../../src/config/values.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

/** What Go's strconv.ParseInt makes of a text with base 0, by which its flag package reads whole numbers. */
const NUMBERS: readonly (readonly [string, number])[] = [
  ["8080", 8080],
  ["+8080", 8080],
  ["8_080", 8080],
  ["0x1F90", 8080],
  ["0X1f90", 8080],
  ["0x_1f_90", 8080],
  ["0o17620", 8080],
  ["0O17620", 8080],
  ["017620", 8080],
  ["0_17620", 8080],
  ["0b1111110010000", 8080],
  ["0B1_1111_1001_0000", 8080],
  ["0", 0],
  ["-0", 0],
  ["00", 0],
  ["-0x10", -16],
];

describe("a whole number in a notation of Go", () => {
  test.each(NUMBERS)("%s is %d", (text, value) => {
    expect(readGoInteger(text)).toBe(value);
  });

  test.each([
    ...["", "+", "0x", "0x_", "0b2", "0o8", "08", "089", "8__080", "8080_", "_8080", "0x1_", "1e3", "80.0", " 80"],
    ...["++80", "0xg", "١", "9007199254740992"],
  ])("not %p", (text) => {
    expect(readGoInteger(text)).toBeUndefined();
  });

  test("of every size is read back from each base", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const texts = [value.toString(), `0x${value.toString(16)}`, `0${value.toString(8)}`, `0b${value.toString(2)}`];
        expect(texts.map(readGoInteger)).toEqual(Array(4).fill(value));
      }),
    );
  });

  test("is taken by every flag for one", () => {
    const flags = optionList.filter(({ type }) => type.schema !== undefined && type.schema.type === "integer");
    expect(flags.map(({ flag }) => flag)).toContain("public-ip-service-port");
    for (const { type } of flags) expect(valueOf(type, "0x64")).toBe(100);
  });

  test("has the bounds of the flag", () => {
    for (const text of ["0x0", "0x10000", "-0x50", "08"]) {
      expect(expectedFor(goPort, text)).toBe("a whole number from 1 to 65535");
    }
  });
});

describe("a duration as Go's time.ParseDuration reads it", () => {
  test.each([
    ["+3s", 3000],
    [".5s", 500],
    ["5.s", 5000],
    ["1h1h", 7_200_000],
    ["1m.5s", 60_500],
    ["1000000000ns", 1000],
  ] as const)("%s is %d ms", (text, value) => {
    expect(valueOf(duration, text)).toBe(value);
  });

  test.each(["0", "+0", "-0", "0s", "0h0m"])("%s is none", (text) => {
    expect(valueOf(wait, text)).toBeCloseTo(0);
  });

  test.each(["1_000ms", "0x5s", "5S", ".s", "5", "1e3ms"])("not %p", (text) => {
    expectedFor(duration, text);
  });
});

test("a boolean has the words of Go's strconv.ParseBool and no others", () => {
  for (const text of ["1", "t", "T", "TRUE", "true", "True"]) expect(valueOf(boolean, text)).toBe(true);
  for (const text of ["0", "f", "F", "FALSE", "false", "False"]) expect(valueOf(boolean, text)).toBe(false);
  for (const text of ["tRUE", "yes", "on", "", "2"]) expectedFor(boolean, text);
});

describe("a network as Go's net.ParseCIDR reads it", () => {
  test.each([
    ["10.1.2.3/08", "10.0.0.0/8"],
    ["1.2.3.4/0032", "1.2.3.4/32"],
    ["0.0.0.0/00", "0.0.0.0/0"],
  ])("%s is %s", (text, network) => {
    expect(formatCidr(valueOf(cidr, text))).toBe(network);
  });

  test.each(["10.0.0.0/+8", "10.0.0.0/033", "010.0.0.0/8", "10.0.0.0/00000000008", "10.0.0.0/8 "])("not %p", (text) => {
    expectedFor(cidr, text);
  });
});

describe("a path as the earlier program put it into a URL", () => {
  test.each([
    ["", "/"],
    ["?full=1", "/?full=1"],
  ])("%p is %s, of a probe and of a look-up", (text, path) => {
    expect([urlPath, lookUpPath].map((type) => valueOf(type, text))).toEqual([path, path]);
  });

  test.each([
    ["v1/publicip/ip", "/v1/publicip/ip"],
    ["ip", "/ip"],
    ["ip?format=json", "/ip?format=json"],
    ["/ip", "/ip"],
  ])("of a look-up %s is %s", (text, path) => {
    expect(valueOf(lookUpPath, text)).toBe(path);
  });

  test.each(["-port", "https://example.com/ip", "a b", "#top"])("not %p of a look-up", (text) => {
    expectedFor(lookUpPath, text);
  });
});
