import { describe, expect, test } from "bun:test";

import { parseArguments } from "../../../src/config/arguments.ts";
import { failureText } from "../../../src/text/failure.ts";
import { accepted, configOf, DDNS, judge, problemOf, SECRET } from "./ddns-options.fixture.ts";

describe("-ddns-when-no-gateways", () => {
  test.each([
    ["remove", "remove"],
    ["KEEP", "keep"],
    ["Keep", "keep"],
  ] as const)("%s is %s", (text, value) => {
    expect(configOf(["-ddns-when-no-gateways", text]).ddnsWhenNoGateways).toBe(value);
  });

  test.each(["", "delete", "true", "keep ", "keep,remove"])("not %j: both words are named", (text) => {
    expect(problemOf([`-ddns-when-no-gateways=${text}`])).toBe(
      `-ddns-when-no-gateways ${JSON.stringify(text)}: expected remove or keep`,
    );
  });
});

describe("-ddns-api-url", () => {
  test.each([
    ["https://api.example.com/v2", "https://api.example.com/v2"],
    ["https://api.example.com/v2/", "https://api.example.com/v2"],
    ["https://api.example.com/v2///", "https://api.example.com/v2"],
    ["https://api.example.com", "https://api.example.com"],
    ["https://api.example.com/", "https://api.example.com"],
    ["HTTPS://API.example.com/V2", "https://api.example.com/V2"],
    ["https://api.example.com:8443/a/b%20c", "https://api.example.com:8443/a/b%20c"],
    ["https://api.example.com:443/v2", "https://api.example.com/v2"],
    ["http://127.0.0.1:8080/v2", "http://127.0.0.1:8080/v2"],
    ["http://[::1]:8080/v2", "http://[::1]:8080/v2"],
  ])("%s is kept as %s, ready for a path", (text, url) => {
    expect(configOf(["-ddns-api-url", text]).ddnsApiUrl).toBe(url);
  });

  test.each([
    "api.example.com/v2",
    "//api.example.com/v2",
    "https:",
    "https://",
    "https:api.example.com",
    "https:\\\\api.example.com",
    "ftp://api.example.com",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://api.example.com:99999",
    "https://api.example.com:port",
    "https://api example.com",
    "https://api.example.com/v 2",
    " https://api.example.com",
    "https://api.example.com\n",
    "https://api.example.com/\x1b[31m",
    "https://apí.example.com",
    "https://[::1",
    "https://1.2.3.256",
  ])("not %j: an example is named", (text) => {
    expect(problemOf([`-ddns-api-url=${text}`])).toMatch(/^-ddns-api-url ".*": expected a URL such as https:/);
  });

  test.each([
    "https://user@api.example.com",
    "https://@api.example.com",
    "https://api.example.com/v2?key=1",
    "https://api.example.com/v2?",
    "https://api.example.com/v2#x",
    "https://api.example.com/v2#",
  ])("not %s: nothing but a base", (text) => {
    expect(problemOf([`-ddns-api-url=${text}`])).toMatch(/without user, password, query or fragment/);
  });

  test.each([
    `https://api.example.com/v2?user@${SECRET}`,
    `https://api.example.com/v2#@${SECRET}`,
    `https://user:${SECRET}@api.example.com/v2`,
    `https://user:a/${SECRET}@api.example.com/v2`,
    `https://user:a@${SECRET}@api.example.com/v2`,
    `user:${SECRET}@api.example.com/v2`,
    `https://api.example.com/v2?api-key=${SECRET}`,
    `https://api.example.com/v2#${SECRET}`,
    `https://user:${SECRET}@api.example.com/v 2?x`,
  ])("with what may be a secret in it is refused, and does not show it: %s", (text) => {
    expect(problemOf(["-ddns-api-url", text])).not.toContain(SECRET);
  });

  test("that is empty counts as not given", () => {
    expect(configOf(["-ddns-api-url="]).ddnsApiUrl).toBeUndefined();
  });
});

describe("-public-ip-refresh", () => {
  test.each([
    ["5m", 300_000],
    ["24h", 86_400_000],
  ] as const)("%s", (text, milliseconds) => {
    expect(configOf(["-public-ip-refresh", text]).publicIpRefresh).toBe(milliseconds);
  });

  test("may be shorter than -timeout and -check-period: a look-up begins after the end of the last", () => {
    const words = ["-public-ip-refresh", "1s", "-timeout", "5s", "-check-period", "10s"];
    expect(configOf(words).publicIpRefresh).toBe(1000);
  });

  test.each(["30", "0s", "-1s", "25h", "", "never"])("not %j", (text) => {
    expect(problemOf([`-public-ip-refresh=${text}`])).toStartWith(
      `-public-ip-refresh ${JSON.stringify(text)}: expected`,
    );
  });
});

describe("-public-ip-allow-private", () => {
  test.each([
    ["-public-ip-allow-private", true],
    ["--public-ip-allow-private=T", true],
    ["-public-ip-allow-private=false", false],
  ] as const)("%s is %p", (word, value) => {
    expect(configOf([word, "-port", "80"])).toMatchObject({ publicIpAllowPrivate: value, port: 80 });
  });

  test("takes no next word", () => {
    const { problems } = parseArguments(["-public-ip-allow-private", "false"]);
    expect(problems).toEqual([expect.stringContaining("-public-ip-allow-private=false")]);
  });

  test("not yes", () => {
    expect(problemOf(["-public-ip-allow-private=yes"])).toContain("expected true or false");
  });
});

describe("a warning", () => {
  const warningsOf = (...words: string[]): readonly string[] => accepted(judge(words)).warnings.map(failureText);

  test("is not due for a complete set of flags", () => {
    expect(warningsOf(...DDNS, "-ddns-api-url", "https://api.example.com/v2")).toEqual([]);
    expect(warningsOf(...DDNS, "-public-ip-allow-private", "-ddns-require-ip-address", "10.0.0.9")).toEqual([]);
  });

  test("is due for a host name that no provider keeps up to date", () => {
    const [warning, ...more] = warningsOf("-ddns-hostname", "gw.example.com");
    expect(more).toEqual([]);
    for (const part of ["-ddns-hostname", "-ddns-provider"]) expect(warning).toContain(part);
  });

  test("is not due for one service that is asked through each of several gateways", () => {
    const service = ["-public-ip-service-hostname", "ip.example.com"];
    expect(warningsOf(...DDNS, ...service, "-end-ip", "10.0.0.3")).toEqual([]);
  });

  test.each(["http://api.example.com/v2", "HTTP://127.0.0.1:80"])("is due for a key sent in the clear to %s", (url) => {
    const [warning, ...more] = warningsOf(...DDNS, "-ddns-api-url", url);
    expect(more).toEqual([]);
    for (const part of ["-ddns-api-url", url.toLowerCase().replace(":80", ""), "https"])
      expect(warning).toContain(part);
    expect(warningsOf("-ddns-api-url", url)).toEqual([]);
  });
});
