import { describe, expect, test } from "bun:test";
import { isIPv6 } from "node:net";

import fc from "fast-check";

import {
  addressRange,
  compareAddresses,
  FAMILIES,
  formatAddress,
  isAddress,
  isLinkLocal,
  parseAddress,
  rangeSize,
} from "../../../src/net/address.ts";
import { at6, bitsOfGroups, groups, ipv6Bits, isMapped, LAST_IPV6 } from "./ipv6.fixture.ts";

const parse = (text: string) => parseAddress(text, [6]);
const canonical = (text: string): string | undefined => {
  const address = parse(text);
  return address && formatAddress(address);
};

/** The text of an address as the URL parser of the runtime writes it (WHATWG, which agrees with RFC 5952 but for dots). */
const urlText = (text: string): string | undefined => {
  return URL.canParse(`http://[${text}]/`) ? new URL(`http://[${text}]/`).hostname.slice(1, -1) : undefined;
};

describe("an IPv6 address", () => {
  test.each([
    ["::", 0n],
    ["::1", 1n],
    ["2001:db8::1", 0x20010db8_00000000_00000000_00000001n],
    ["1:2:3:4:5:6:7:8", 0x00010002_00030004_00050006_00070008n],
    ["ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", LAST_IPV6],
    ["::ffff:192.0.2.1", 0xffff_c0000201n],
  ])("%s is parsed to its bits and formatted back", (text, bits) => {
    expect(parse(text)).toEqual(at6(bits));
    expect(formatAddress(at6(bits))).toBe(text);
  });

  test.each([
    // RFC 5952, section 1 to 3: one address in many texts
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8::0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:0000:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:DB8:0:0:1::1", "2001:db8::1:0:0:1"],
    ["2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"],
    // section 4.1: leading zeros
    ["2001:0db8::0001", "2001:db8::1"],
    // 4.2.1: shortened as much as possible
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8::0:1", "2001:db8::1"],
    // 4.2.2: not for a single group
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    // 4.2.3: the longest run, the first among equals
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    // 4.3: lower case
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    // 5: IPv4 as sockets see it, with dots
    ["::ffff:c000:201", "::ffff:192.0.2.1"],
    ["0:0:0:0:0:FFFF:192.0.2.1", "::ffff:192.0.2.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::0", "::"],
    ["0::", "::"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
  ])("%s is written %s", (given, text) => {
    expect(canonical(given)).toBe(text);
  });

  test("is the sum of its weighted groups, in each text that the runtime reads", () => {
    fc.assert(
      fc.property(groups, fc.boolean(), (list, upper) => {
        const whole = list.map((one) => one.toString(16).padStart(4, "0")).join(":");
        expect(parse(upper ? whole.toUpperCase() : whole)).toEqual(at6(bitsOfGroups(list)));
        expect(parse(urlText(whole)!)).toEqual(at6(bitsOfGroups(list)));
      }),
    );
  });

  test("is written as the URL parser writes it, but for IPv4 with dots", () => {
    fc.assert(
      fc.property(ipv6Bits, (bits) => {
        const text = formatAddress(at6(bits));
        expect(urlText(text)).toEqual(isMapped(bits) ? expect.stringMatching(/^::ffff:/) : text);
        expect(parse(text)).toEqual(at6(bits));
      }),
      { numRuns: 2000, examples: [[0xffff_0000_0000n]] },
    );
  });
});

describe("a text that is not an IPv6 address", () => {
  test.each([
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    "1:::2",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "::-1",
    " ::1",
    "::1 ",
    "::1\n",
    "[::1]",
    "::1/128",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.256",
    "::01.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "１::",
    "10.0.0.1",
    "%lan0",
  ])("is not parsed: %p", (text) => {
    expect(parse(text)).toBeUndefined();
  });

  test("is every text that the runtime does not read", () => {
    const word = fc.constantFrom("", "", "0", "1", "ffff", "00001", "1.2.3.4", "01.2.3.4", "g", "A");
    const almost = fc.array(word, { minLength: 2, maxLength: 10 }).map((words) => words.join(":"));
    fc.assert(
      fc.property(fc.oneof(almost, fc.string()), (text) => {
        expect([text, parse(text) !== undefined]).toEqual([text, isIPv6(text) && !text.includes("%")]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the zone of an IPv6 address", () => {
  test.each(["fe80::10%lan0", "fe80::1%br-lan.5", "febf::1%w0"])("%s is kept", (text) => {
    expect(canonical(text)).toBe(text);
    expect(isLinkLocal(parse(text)!)).toBe(true);
  });

  test.each([
    "fd00::1%lan0", // means the same on every interface
    "fec0::1%lan0",
    "::1%lo",
    "fe80::10%",
    "fe80::10%lan0%lan1",
    "fe80::10%sixteen-letters0",
    "fe80::10%a b",
    "fe80::10%..",
    "fe80::10%25lan0/64",
    'fe80::10%la"n',
    "10.0.0.1%lan0",
  ])("of %p makes it no address", (text) => {
    expect(parseAddress(text, FAMILIES)).toBeUndefined();
  });

  test("tells addresses apart, also for `sort`", () => {
    const [a, b, without] = ["fe80::1%a", "fe80::1%b", "fe80::1"].map((text) => parse(text)!);
    expect([compareAddresses(a!, b!), compareAddresses(b!, a!), compareAddresses(a!, a!)]).toEqual([-1, 1, 0]);
    expect(compareAddresses(without!, a!)).toBe(-1);
  });
});

describe("families", () => {
  test("are those that are asked for, and IPv4 alone without", () => {
    expect(FAMILIES.map((family) => isAddress("10.0.0.1", [family]))).toEqual([true, false]);
    expect(FAMILIES.map((family) => isAddress("fd00::1", [family]))).toEqual([false, true]);
    expect([isAddress("10.0.0.1"), isAddress("fd00::1")]).toEqual([true, false]);
    expect(["10.0.0.1", "fd00::1"].map((text) => isAddress(text, FAMILIES))).toEqual([true, true]);
  });

  test("are sorted IPv4 first", () => {
    const texts = ["::1", "255.255.255.255", "fd00::", "0.0.0.0", "::"];
    const sorted = texts.map((text) => parseAddress(text, FAMILIES)!).sort(compareAddresses);
    expect(sorted.map(formatAddress)).toEqual(["0.0.0.0", "255.255.255.255", "::", "::1", "fd00::"]);
  });

  test("have no range in common, nor have two zones", () => {
    const size = (first: string, last: string) =>
      rangeSize(parseAddress(first, FAMILIES)!, parseAddress(last, FAMILIES)!);
    expect([size("0.0.0.1", "::2"), size("fe80::1%a", "fe80::2%b"), size("fe80::1%a", "fe80::2")]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
    expect([size("fd00::1", "fd00::20"), size("fd00::2", "fd00::1"), size("::", "1::")]).toEqual([32, 0, 2 ** 112]);
    expect(addressRange(parseAddress("10.0.0.1")!, parse("::1")!)).toEqual([]);
  });
});

test("a range of IPv6 addresses has them in ascending order with their zone", () => {
  const texts = (first: string, last: string) => addressRange(parse(first)!, parse(last)!).map(formatAddress);
  expect(texts("fd00::fffe", "fd00::1:1")).toEqual(["fd00::fffe", "fd00::ffff", "fd00::1:0", "fd00::1:1"]);
  expect(texts("fe80::1%lan0", "fe80::2%lan0")).toEqual(["fe80::1%lan0", "fe80::2%lan0"]);
});
