import { describe, expect, test } from "bun:test";

import { proxyOf } from "../../../src/fetch/proxy.ts";

const API = new URL("https://api.dynu.com/v2/dns");
const PROXY = "http://proxy.lan:3128";
const of = (environment: Record<string, string>, url = API) => proxyOf(url, environment)?.name;

describe("the proxy for a URL", () => {
  test.each([
    [{ https_proxy: PROXY, HTTPS_PROXY: "http://other:1", ALL_PROXY: "http://last:1" }, "https_proxy"],
    [{ https_proxy: "", HTTPS_PROXY: PROXY }, "HTTPS_PROXY"],
    [{ all_proxy: PROXY, ALL_PROXY: "http://other:1" }, "all_proxy"],
    [{ ALL_PROXY: PROXY }, "ALL_PROXY"],
  ] as [Record<string, string>, string][])("is that of the first variable: %j", (environment, variable) => {
    expect(of(environment)).toBe(`${variable} (${PROXY})`);
  });

  test("is that of the scheme", () => {
    expect(of({ HTTP_PROXY: PROXY })).toBeUndefined();
    expect(of({ HTTP_PROXY: PROXY }, new URL("http://api.lan/"))).toBe(`HTTP_PROXY (${PROXY})`);
    expect(of({ HTTPS_PROXY: PROXY }, new URL("http://api.lan/"))).toBeUndefined();
  });

  test("may be without a scheme, and is shown without its credentials", () => {
    expect(proxyOf(API, { HTTPS_PROXY: "proxy.lan:3128" })).toEqual({ url: PROXY, name: `HTTPS_PROXY (${PROXY})` });
    const secret = "http://user:secret@proxy.lan:3128/";
    expect(proxyOf(API, { HTTPS_PROXY: secret })).toEqual({ url: secret, name: `HTTPS_PROXY (${PROXY})` });
    expect(of({ HTTPS_PROXY: "http://user:secret@:x" })).toBe("HTTPS_PROXY (not a URL)");
  });

  test.each([
    "*",
    "api.dynu.com",
    "API.dynu.com",
    "dynu.com",
    ".dynu.com",
    "*.dynu.com",
    "lan, dynu.com",
    "dynu.com:443",
  ])("is none where NO_PROXY is %s", (exceptions) => {
    expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBeUndefined();
  });

  test.each(["ynu.com", "dynu.com:80", "api.dynu.com.lan", "", ",", "10.0.0.0/8"])(
    "is used although NO_PROXY is %j",
    (exceptions) => {
      expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: exceptions })).toBeDefined();
    },
  );

  test("is none for an address in a network of NO_PROXY", () => {
    const exceptions = { HTTPS_PROXY: PROXY, NO_PROXY: "10.0.0.0/8" };
    expect(of(exceptions, new URL("https://10.1.2.3:8443/"))).toBeUndefined();
    expect(of(exceptions, new URL("https://11.1.2.3:8443/"))).toBeDefined();
  });

  test.each(["::1", "[::1]", "[::1]:8443", "fd00::/8,::/64", "0:0:0:0:0:0:0:1"])(
    "is none for an IPv6 address where NO_PROXY is %s",
    (exceptions) => {
      expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: exceptions }, new URL("https://[::1]:8443/"))).toBeUndefined();
    },
  );

  test.each(["::2", "[::1]:80", "::1:8443", "fd00::/8", "1"])(
    "is used for an IPv6 address although NO_PROXY is %s",
    (exceptions) => {
      expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: exceptions }, new URL("https://[::1]:8443/"))).toBeDefined();
    },
  );

  test("is none where the lower-case variable makes an exception, whatever the other one says", () => {
    expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: "x", no_proxy: "dynu.com" })).toBeUndefined();
    expect(of({ HTTPS_PROXY: PROXY, NO_PROXY: "dynu.com", no_proxy: "x" })).toBeDefined();
  });
});
