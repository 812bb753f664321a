import { describe, expect, test } from "bun:test";

import { failureText } from "../../../src/text/failure.ts";
import { accepted, configOf, DDNS, judge, problemOf } from "./ddns-options.fixture.ts";

const SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=";
const KEY = `key "grm-key" {\n\talgorithm hmac-sha256;\n\tsecret "${SECRET}";\n};\n`;
const RFC2136 = ["-ddns-provider", "rfc2136", "-ddns-hostname", "gw.example.com"];
const SERVER = ["-ddns-server", "192.168.1.53"];

const warningsOf = (words: readonly string[]): string[] => accepted(judge(words)).warnings.map(failureText);

describe("-ddns-server", () => {
  test.each([
    ["192.168.1.53", { address: "192.168.1.53", port: 53 }],
    ["192.168.1.53:5353", { address: "192.168.1.53", port: 5353 }],
    ["fd00:0::53", { address: "fd00::53", port: 53 }],
    ["[fd00::53]", { address: "fd00::53", port: 53 }],
    ["[fd00::53]:5353", { address: "fd00::53", port: 5353 }],
    ["[fe80::53%eth0]:5353", { address: "fe80::53%eth0", port: 5353 }],
  ])("%s", (text, server) => {
    expect(configOf(["-ddns-server", text]).ddnsServer).toEqual(server);
  });

  test.each([
    "ns.example.com",
    "192.168.1",
    "192.168.1.53:",
    "192.168.1.53:0",
    "192.168.1.53:53:53",
    "[192.168.1.53]:53",
    "[fd00::53",
    "[fd00::53]:",
  ])("not %s", (text) => {
    expect(problemOf(["-ddns-server", text])).toMatch(/^-ddns-server ".*": expected/);
  });

  test.each(["fe80::53", "[fe80::53]:5353"])("%s needs its interface", (text) => {
    expect(problemOf(["-ddns-server", text])).toBe(
      `-ddns-server "${text}": expected a link-local address with its interface, such as fe80::53%eth0: on another one it is another machine's`,
    );
  });

  test("has no effect with a provider that has an API", () => {
    expect(warningsOf([...DDNS, ...SERVER])).toEqual([
      "-ddns-server has no effect with -ddns-provider dynudns; remove it",
    ]);
  });
});

describe("-ddns-verify", () => {
  test.each([
    ["authoritative", "authoritative"],
    ["192.168.1.53", { address: "192.168.1.53", port: 53 }],
    ["[fd00::53]:5353", { address: "fd00::53", port: 5353 }],
  ] as const)("%s", (text, target) => {
    expect(configOf(["-ddns-verify", text]).ddnsVerify).toEqual(target as never);
  });

  test.each(["ns.example.com", "Authoritative", "192.168.1.53:0"])("not %s", (text) => {
    expect(problemOf(["-ddns-verify", text])).toMatch(
      /^-ddns-verify ".*": expected authoritative, or the address of a resolver: /,
    );
  });

  test("of a proxied name is a warning, since it never shows the gateways", () => {
    const words = ["-ddns-provider", "cloudflare", "-ddns-hostname", "gw.example.com", "-ddns-password", "token"];
    expect(warningsOf([...words, "-ddns-proxied", "-ddns-verify", "authoritative"])).toEqual([
      "-ddns-verify: a proxied name resolves to addresses of the provider, never to those of the gateways; remove it, or -ddns-proxied",
    ]);
    expect(warningsOf([...words, "-ddns-verify", "authoritative"])).toEqual([]);
  });
});

describe("-ddns-require-ip-address", () => {
  const REQUIRED = [...RFC2136, ...SERVER, "-ddns-password", KEY, "-ddns-require-ip-address"];

  test("of a family that is not routed is a fault, since its addresses are not followed", () => {
    expect(problemOf([...REQUIRED, "fd00::100"])).toBe(
      "-ddns-require-ip-address fd00::100: the addresses of this machine are followed in the families that are routed; use one of IPv4",
    );
  });

  test("is of either family where both are routed", () => {
    for (const address of ["192.168.1.100", "fd00::100"]) {
      const both = ["-gateway", "a=192.168.1.10+fd00::10", "-route", "default,default6", ...REQUIRED, address];
      expect(accepted(judge(both)).warnings).toEqual([]);
    }
  });
});

describe("-ddns-provider rfc2136", () => {
  test("with a server and a key of tsig-keygen is fine, from a file too", () => {
    expect(warningsOf([...RFC2136, ...SERVER, "-ddns-password", KEY])).toEqual([]);
    const files = { GRM_DDNS_PASSWORD_FILE: "/key" };
    expect(accepted(judge([...RFC2136, ...SERVER], files, () => KEY)).warnings).toEqual([]);
  });

  test("needs a server", () => {
    expect(problemOf([...RFC2136, "-ddns-password", KEY])).toBe("-ddns-provider rfc2136 needs -ddns-server");
  });

  test("has no base URL", () => {
    const words = [...RFC2136, ...SERVER, "-ddns-password", KEY, "-ddns-api-url", "https://api.example.com"];
    expect(warningsOf(words)).toEqual(["-ddns-api-url has no effect with -ddns-provider rfc2136; remove it"]);
  });

  test.each([
    ["a bare secret", SECRET],
    ["a key of another algorithm", KEY.replace("sha256", "md5")],
    ["half a key", KEY.slice(0, -8)],
  ])("takes no %s, and does not show it", (_, key) => {
    const problem = problemOf([...RFC2136, ...SERVER, "-ddns-password", key]);
    expect(problem).toMatch(/^-ddns-password \(not shown\): expected/);
    expect(problem).not.toContain(SECRET);
  });
});

test("a key of tsig-keygen is no API key", () => {
  expect(problemOf([...DDNS.slice(0, -1), KEY])).toMatch(
    /^-ddns-password \(not shown\): expected an API key of dynudns/,
  );
});

describe("-ddns-provider cloudflare", () => {
  const CLOUDFLARE = ["-ddns-provider", "cloudflare", "-ddns-hostname", "gw.example.com", "-ddns-password", "token"];

  test("has a zone and may adopt records", () => {
    const words = [...CLOUDFLARE, "-ddns-zone", "023e105f4ecef8ad9ca31a8372d0c353", "-ddns-adopt"];
    expect(configOf(words)).toMatchObject({ ddnsZone: "023e105f4ecef8ad9ca31a8372d0c353", ddnsAdopt: true });
    expect(warningsOf(words)).toEqual([]);
  });

  test("has no name server", () => {
    expect(warningsOf([...CLOUDFLARE, ...SERVER])).toEqual([
      "-ddns-server has no effect with -ddns-provider cloudflare; remove it",
    ]);
  });

  test.each(["../zones", "a b", "x".repeat(65)])("takes no zone %s", (id) => {
    expect(problemOf(["-ddns-zone", id])).toMatch(/^-ddns-zone ".*": expected the id/);
  });
});

describe("-ddns-provider powerdns", () => {
  const POWERDNS = ["-ddns-provider", "powerdns", "-ddns-hostname", "gw.example.com", "-ddns-password", "key"];

  test("needs the base URL of its API, since it has none of its own", () => {
    expect(problemOf(POWERDNS)).toBe("-ddns-provider powerdns needs -ddns-api-url");
    expect(warningsOf([...POWERDNS, "-ddns-api-url", "https://ns.example.com"])).toEqual([]);
  });

  test("has no name server for updates", () => {
    expect(warningsOf([...POWERDNS, "-ddns-api-url", "https://ns.example.com", ...SERVER])).toEqual([
      "-ddns-server has no effect with -ddns-provider powerdns; remove it",
    ]);
  });
});

describe("-ddns-provider route53", () => {
  const ROUTE53 = ["-ddns-provider", "route53", "-ddns-hostname", "gw.example.com", "-ddns-password", "secret"];

  test("has the ID of an access key, and the id of a zone", () => {
    expect(warningsOf([...ROUTE53, "-ddns-username", "AKIAIOSFODNN7EXAMPLE", "-ddns-zone", "Z0123456789"])).toEqual([]);
  });

  test("needs the ID of an access key", () => {
    expect(problemOf(ROUTE53)).toBe("-ddns-provider route53 needs -ddns-username");
  });
});

test("a user name at a provider that has none is a warning", () => {
  expect(warningsOf([...DDNS, "-ddns-username", "user"])).toEqual([
    "-ddns-username has no effect with -ddns-provider dynudns; remove it",
  ]);
});

test.each([
  ["duckdns", "DuckDNS"],
  ["noip", "No-IP"],
  ["No-IP", "No-IP"],
])("-ddns-provider %s is refused in one sentence: why, and what to use instead", (name, title) => {
  expect(problemOf(["-ddns-provider", name])).toBe(
    `-ddns-provider ${JSON.stringify(name)}: expected a provider that holds the addresses of several gateways at one name, where ${title} holds a single one; use desec or dynudns, which cost nothing either`,
  );
});

test.each(["constructor", "__proto__"])("-ddns-provider %s, which every object has, is no provider", (name) => {
  expect(problemOf(["-ddns-provider", name])).toMatch(/: expected dynudns, cloudflare, .* or route53$/);
});
