import { describe, expect, test } from "bun:test";

import { cidr, destination, ipv4Address, ownAddress } from "../../../src/config/address-values.ts";
import { boolean, choice, duration, integer, port, ttl } from "../../../src/config/values.ts";
import { formatCidr } from "../../../src/net/cidr.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

describe("port", () => {
  test.each([
    ["1", 1],
    ["80", 80],
    ["65535", 65_535],
  ] as const)("%s", (text, value) => {
    expect(valueOf(port, text)).toBe(value);
  });

  test.each([
    "0",
    "65536",
    "-1",
    "+80",
    "80.5",
    "8e1",
    "0x50",
    "080",
    " 80",
    "80 ",
    "",
    "http",
    "99999999999999999999",
  ])("not %p", (text) => {
    expect(expectedFor(port, text)).toBe("a whole number from 1 to 65535");
  });
});

describe("whole number", () => {
  test("bounds are included and named", () => {
    const type = integer("N", 3, 5);
    expect([valueOf(type, "3"), valueOf(type, "5")]).toEqual([3, 5]);
    expect([expectedFor(type, "2"), expectedFor(type, "6")]).toEqual(Array(2).fill("a whole number from 3 to 5"));
  });
});

describe("IPv4 address", () => {
  test("is its 32 bits, with the family", () => {
    expect(valueOf(ipv4Address, "10.0.0.1")).toEqual({ family: 4, bits: 0x0a00_0001 });
  });

  test.each(["10.0.0.256", "10.0.0", "010.0.0.1", "::1", "10.0.0.1/32", "localhost", ""])("not %p", (text) => {
    expect(expectedFor(ipv4Address, text)).toContain("IPv4 address");
  });
});

describe("address of this machine", () => {
  test("is of either family, without an interface", () => {
    expect(valueOf(ownAddress, "10.0.0.1")).toEqual({ family: 4, bits: 0x0a00_0001 });
    expect(valueOf(ownAddress, "fd00:0::100")).toEqual({ family: 6, bits: `fd00${"0".repeat(25)}100` });
  });

  test.each(["10.0.0.256", "fd00::100%eth0", "fe80::1%eth0", "fd00::/64", "eth0", ""])("not %p", (text) => {
    expect(expectedFor(ownAddress, text)).toContain("an IPv4 address such as 192.168.1.100");
  });
});

describe("network", () => {
  test.each([
    ["1.2.3.4/32", "1.2.3.4/32"],
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["255.255.255.255/0", "0.0.0.0/0"],
  ])("%s is %s: host bits are cleared", (text, network) => {
    expect(formatCidr(valueOf(cidr, text))).toBe(network);
    expect(formatCidr(valueOf(destination, text))).toBe(network);
  });

  test.each(["10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "/8", "10.0.0/8", "010.0.0.0/8", "::/129", "::1::/8", ""])(
    "not %p",
    (text) => {
      expect(expectedFor(cidr, text)).toContain("IPv4 network such as");
    },
  );

  test("an address without a prefix: the network of that address is suggested", () => {
    expect(expectedFor(cidr, "1.2.3.4")).toContain("1.2.3.4/32");
  });

  test("default is 0.0.0.0/0 as a destination, and nothing elsewhere", () => {
    expect(formatCidr(valueOf(destination, "default"))).toBe("0.0.0.0/0");
    expectedFor(cidr, "default");
  });
});

describe("duration", () => {
  const type = duration;

  test.each([
    ["250ms", 250],
    ["1.5s", 1500],
    ["2m", 120_000],
    ["1h30m", 5_400_000],
    ["1ms", 1],
    ["1500us", 1.5],
    ["1500µs", 1.5],
    ["100us", 0.1],
    ["24h", 86_400_000],
  ] as const)("%s is %d ms", (text, milliseconds) => {
    expect(valueOf(type, text)).toBe(milliseconds);
  });

  test.each(["5", "0.5", "300"])("a bare %s: %ss is suggested", (text) => {
    expect(expectedFor(type, text)).toContain(`did you mean ${text}s?`);
  });

  test.each(["0", "0s", "-1s", "-5", "", "s", "abc", "1d", "5 s", "1h 30m", "1e3s", "3000000h", "9".repeat(400) + "h"])(
    "not %p",
    (text) => {
      expect(expectedFor(type, text)).toContain("a duration");
    },
  );

  test("the bounds are named", () => {
    expect(expectedFor(type, "24h1ns")).toContain("above 0 and up to 24h");
  });
});

describe("time to live", () => {
  test.each([
    ["60s", 60_000],
    ["2m", 120_000],
    ["1s", 1000],
    ["4.1m", 246_000],
    ["1.1h", 3_960_000],
    ["0.1m", 6000],
    ["2147483647s", 2_147_483_647_000], // the longest one of DNS
  ] as const)("%s is %d ms", (text, milliseconds) => {
    expect(valueOf(ttl, text)).toBe(milliseconds);
  });

  test.each(["1500ms", "1.5s"])("not %s: whole seconds only", (text) => {
    expect(expectedFor(ttl, text)).toContain("whole seconds");
  });

  test("a bare number: seconds are suggested", () => {
    expect(expectedFor(ttl, "60")).toContain("60s");
  });

  test.each(["0s", "500ms", "-60s", "2147483648s"])("not %s", (text) => {
    expectedFor(ttl, text);
  });
});

describe("boolean", () => {
  test.each(["true", "1", "t", "T", "TRUE", "True"])("%s is true", (text) => {
    expect(valueOf(boolean, text)).toBe(true);
  });

  test.each(["false", "0", "f", "F", "FALSE", "False"])("%s is false", (text) => {
    expect(valueOf(boolean, text)).toBe(false);
  });

  test.each(["yes", "no", "tRUE", "2", "", " true", "on"])("not %p", (text) => {
    expect(expectedFor(boolean, text)).toBe("true or false");
  });
});

describe("choice", () => {
  test.each(["http", "HTTP", "Http"])("%s, in any letter case", (text) => {
    expect(valueOf(choice("http", "https"), text)).toBe("http");
  });

  test.each([
    [["dynudns"], "dynudns"],
    [["http", "https"], "http or https"],
    [["debug", "info", "warn"], "debug, info or warn"],
  ])("of %p", (words, listed) => {
    expect(expectedFor(choice(...words), "other")).toBe(listed);
    expect(expectedFor(choice(...words), "")).toBe(listed);
  });
});
