import { expect } from "bun:test";

import fc from "fast-check";

import { destination, ipv4Address } from "../../src/config/address-values.ts";
import { gateway, gatewayFlag } from "../../src/config/gateway-values.ts";
import { command, webhookUrl } from "../../src/config/hook-values.ts";
import * as values from "../../src/config/values.ts";
import { contains, formatCidr, hostOf, parseCidr } from "../../src/net/cidr.ts";
import { formatDuration, parseDuration } from "../../src/net/duration.ts";
import { FAMILIES, formatAddress, parseAddress } from "../../src/net/address.ts";
import { anyText, like } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

/** The value of a text that is accepted; undefined where it is not, and then the reason has to say what is expected. */
function read<T>(type: values.ValueType<T>, text: string): T | undefined {
  const parsed = type.parse(text);
  if (parsed.ok) return parsed.value;
  expect(parsed.expected).toMatch(/^[^\x00-\x1f]{4,400}$/);
  return undefined;
}

const MANY = { runs: 500 };

const DAY = 86_400_000;
const durations = like("1s", "250ms", "1m30s", "1.5h", "24h", "10us", "0", "1e3s", ".5s", "1h1h", "µs", "999999999h");

fuzz(
  "values: an accepted duration is above zero and a day at most, and is the same after formatting and parsing",
  durations,
  (text) => {
    const duration = read(values.duration, text);
    if (duration === undefined) return;
    expect(duration > 0 && duration <= DAY).toBe(true);
    expect(parseDuration(formatDuration(duration))).toBe(duration);
  },
  MANY,
);

fuzz("values: a parsed duration is a finite number", durations, (text) => {
  const duration = parseDuration(text);
  if (duration !== undefined) expect(Number.isFinite(duration)).toBe(true);
});

fuzz(
  "values: an accepted time to live is a whole number of seconds",
  like("60s", "1m", "2147483647s", "24855h", "1ms"),
  (text) => {
    const ttl = read(values.ttl, text);
    if (ttl !== undefined) expect(Number.isSafeInteger(ttl / 1000) && ttl >= 1000 && ttl < 2 ** 31 * 1000).toBe(true);
  },
);

fuzz(
  "values: an accepted address has 32 bits and is formatted as it was written",
  like("0.0.0.0", "192.168.1.10", "255.255.255.255", "1.2.3.04"),
  (text) => {
    const address = read(ipv4Address, text);
    if (address?.family !== 4) return expect(address).toBeUndefined();
    expect(Number.isInteger(address.bits) && address.bits >= 0 && address.bits < 2 ** 32).toBe(true);
    expect(formatAddress(address)).toBe(text);
  },
  MANY,
);

fuzz(
  "values: an accepted gateway is the same after writing and reading it, and its name is one short word",
  like(
    "192.168.1.10",
    "sweden=192.168.1.10,weight=2,tier=1",
    "a.b_c-d=10.0.0.1,tier=100",
    "10.0.0.1=10.0.0.2",
    "a=10.0.0.1+fd00::10",
    "fe80::1%lan0+10.0.0.1,tier=2",
  ),
  (text) => {
    const given = read(gateway, text);
    if (given === undefined) return;
    expect(gateway.parse(gatewayFlag(given))).toEqual({ ok: true, value: given });
    if (given.name !== undefined) expect(given.name).toMatch(/^[\w.-]{1,63}$/);
    for (const number of [given.weight ?? 1, given.tier ?? 1]) expect(number >= 1 && number <= 100).toBe(true);
  },
  MANY,
);

fuzz(
  "values: an accepted network contains its own address and has no bits beyond its prefix",
  like("10.0.0.0/8", "1.2.3.4/32", "0.0.0.0/0", "default", "1.2.3.4/33", "fd00:77::/64", "::/0", "default6"),
  (text) => {
    const network = read(destination, text);
    if (network === undefined) return;
    expect(parseCidr(formatCidr(network), FAMILIES)).toEqual(network);
    expect(contains(network, hostOf(network.address))).toBe(true);
    const [address] = text.split("/");
    const words: Readonly<Record<string, string>> = { default: "0.0.0.0", default6: "::" };
    const host = parseAddress(words[text] ?? address!, FAMILIES)!;
    expect(contains(network, hostOf(host))).toBe(true);
  },
  MANY,
);

const urls = like(
  "https://api.example.com/v2",
  "http://10.0.0.1:8080",
  "https://user:S3cr3t@example.com/a?token=S3cr3t#S3cr3t",
  "HTTPS://[::1]/",
);

fuzz(
  "values: an accepted base URL has no user, password, query or fragment",
  urls,
  (text) => {
    const url = read(values.baseUrl, text);
    if (url === undefined) return;
    const { username, password, search, hash, protocol } = new URL(url);
    expect([username, password, search, hash]).toEqual(["", "", "", ""]);
    expect(["http:", "https:"]).toContain(protocol);
  },
  MANY,
);

const beforeHost = fc.tuple(anyText, anyText).map(([a, b]) => `https://${a}S3cr3t${b}@example.com/`);
const afterPath = fc
  .tuple(anyText, fc.constantFrom("?", "#"), anyText)
  .map(([a, mark, b]) => `https://example.com/${a}${mark}${b}S3cr3t`);

fuzz(
  "values: an error about a base URL shows no user, password, query or fragment",
  fc.oneof(beforeHost, afterPath),
  (text) => {
    expect(read(values.baseUrl, text)).toBeUndefined();
    expect(values.baseUrl.show!(text)).not.toContain("S3cr3t");
  },
  MANY,
);

fuzz(
  "values: an accepted webhook URL can be requested",
  urls,
  (text) => {
    const url = read(webhookUrl, text);
    if (url === undefined) return;
    expect(new Request(url).url.length).toBeGreaterThan(0);
    expect(read(webhookUrl, url)).toBe(url);
  },
  MANY,
);

fuzz(
  "values: an accepted command has an absolute path and arguments without control characters",
  like("/usr/bin/notify", '/n \'a b\' "c\\"d" e\\ f', "/n -x --y=z"),
  (text) => {
    const words = read(command, text);
    if (words === undefined) return;
    expect(words[0]!.startsWith("/")).toBe(true);
    for (const one of words) expect(one).not.toMatch(/[\x00-\x1f\x7f]/);
  },
  MANY,
);

fuzz(
  "values: text for a request line or header has no line breaks",
  like("/health", "/a%20b?c=d", "key-123", "gw.example.com", "::1", "all"),
  (text) => {
    for (const type of [values.urlPath, values.headerText, values.text, values.hostname, values.listenAddress]) {
      const one = read<string>(type, text);
      if (one !== undefined) expect(one).not.toMatch(/[\r\n\0]/);
    }
    const name = read(values.hostname, text);
    if (name !== undefined) expect(new URL(`http://${name}/`).hostname).toBe(name.toLowerCase());
  },
  MANY,
);
