import { describe, expect, test } from "bun:test";

import { hostname, ownHostname } from "../../../src/config/values.ts";

describe("a host name", () => {
  test.each([
    ["gw.example.com", "gw.example.com"],
    ["gw.example.com.", "gw.example.com"],
    ["_acme.example.com", "_acme.example.com"],
    ["xn--exmple-cua.com", "xn--exmple-cua.com"],
    ["192.0.2.1", "192.0.2.1"],
  ])("%s is accepted", (text, value) => {
    expect(hostname.parse(text)).toEqual({ ok: true, value });
  });

  test.each([
    ["*.example.com", "without a wildcard (*)"],
    ["*.", "without a wildcard (*)"],
    ["exämple.com", "in ASCII; did you mean xn--exmple-cua.com?"],
    ["gw.例え.jp.", "in ASCII; did you mean gw.xn--r8jz45g.jp?"],
    ["ex\u00ad\u200bample.com", "in ASCII; did you mean example.com?"],
    ["https://gw.example.com", "without scheme, user, port and path"],
    ["gw.example.com:443", "without scheme, user, port and path"],
    ["gw.example.com/path", "without scheme, user, port and path"],
    ["me@example.com", "without scheme, user, port and path"],
    ["gw example.com", "without spaces"],
    ["gw.example.com ", "without spaces"],
    ["", "of at least one letter"],
    [".", "of at least one letter"],
    ["gw..example.com", "without an empty part between dots"],
    [".example.com", "without an empty part between dots"],
    ["1.2.3", "that does not end in a number, which makes it an address"],
    ["gw.0x7f", "that does not end in a number, which makes it an address"],
    [`${"a".repeat(64)}.example.com`, "of parts with at most 63 characters"],
    [`${"a.".repeat(130)}com`, "of at most 253 characters"],
    ["-gw.example.com", "whose parts begin and end with a letter or a digit"],
    ["gw-.example.com", "whose parts begin and end with a letter or a digit"],
    ["gw!.example.com", "of letters, digits, hyphens and underscores"],
    ["gw.exam\u0000ple.com", "of letters, digits, hyphens and underscores"],
  ])("%j is declined with the reason", (text, reason) => {
    expect(hostname.parse(text)).toEqual({
      ok: false,
      expected: `a host name such as gateways.example.com, ${reason}`,
    });
  });
});

describe("a name of this router", () => {
  test("is kept as Host headers are compared", () => {
    expect(ownHostname.parse("Router.Example.com.")).toEqual({ ok: true, value: "router.example.com" });
    expect(ownHostname.parse("bed::")).toMatchObject({ ok: false });
  });

  test.each([
    ["192.168.1.9", "a host name such as router.example.com; addresses are always allowed"],
    ["fd00::9", "a host name such as router.example.com; addresses are always allowed"],
    ["[fd00::9]:9090", "a host name such as router.example.com; addresses are always allowed"],
    ["router.example.com:9090", "a host name such as router.example.com, without scheme, user, port and path"],
    ["http://router.example.com/", "a host name such as router.example.com, without scheme, user, port and path"],
    ["*.example.com", "a host name such as router.example.com, without a wildcard (*)"],
    ["", "a host name such as router.example.com, of at least one letter"],
  ])("is not %j", (text, expected) => {
    expect(ownHostname.parse(text)).toEqual({ ok: false, expected });
  });
});
