import { describe, expect, test } from "bun:test";

import { hostname, listenAddress, urlPath } from "../../../src/config/values.ts";
import { expectedFor, valueOf } from "./value.fixture.ts";

describe("URL path", () => {
  test.each(["/", "/health", "/v1/ip", "/a?b=c&d=e", "/%20", "//x"])("%s", (text) => {
    expect(valueOf(urlPath, text)).toBe(text);
  });

  test("without its slash: the right path is suggested", () => {
    expect(expectedFor(urlPath, "health")).toContain('"/health"');
  });

  test.each(["/a b", "/a\nb", "/ü", "/a#b", "/\x7f"])("not %p", (text) => {
    expect(expectedFor(urlPath, text)).toContain("URL path");
  });
});

describe("host name", () => {
  const label = "a".repeat(63);
  const longest = `${label}.${label}.${label}.${"a".repeat(61)}`;

  test.each(["localhost", "mygateways.example.com", "a-b.c", "1.2.3.4", "x_y.example", "EXAMPLE.com", longest])(
    "%s",
    (text) => {
      expect(valueOf(hostname, text)).toBe(text);
    },
  );

  test("loses the dot at its end", () => {
    expect(valueOf(hostname, "example.com.")).toBe("example.com");
  });

  test.each([
    "",
    ".",
    "a..b",
    ".a",
    "-a.b",
    "a-.b",
    `${label}a`,
    `${longest}a`,
    "https://example.com",
    "example.com:8000",
    "example.com/ip",
    "user@example.com",
    "a b",
    "größe.de",
    "::1",
    "a\n",
    "127.1", // which a URL takes for 127.0.0.1
    "0x7f000001",
    "010.0.0.1",
    "1.2.3.256",
    "example.1",
  ])("not %p", (text) => {
    expect(expectedFor(hostname, text)).toContain("host name");
  });
});

describe("address to listen on", () => {
  test.each(["0.0.0.0", "127.0.0.1", "::", "::1", "fe80::1", "::ffff:10.0.0.1"])("%s", (text) => {
    expect(valueOf(listenAddress, text)).toBe(text);
  });

  test.each(["", "localhost", "10.0.0", ":9090x", "127.0.0.1:9090x", "*"])("not %p", (text) => {
    expect(expectedFor(listenAddress, text)).toContain("address of this machine");
  });
});
