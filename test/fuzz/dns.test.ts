import { expect } from "bun:test";

import fc from "fast-check";

import { decodeMessage, encodeMessage, OPERATION, TYPE } from "../../src/ddns/dns/message.ts";
import type { DnsAnswer } from "../../src/ddns/dns/send-dns.ts";
import { faultOf } from "../../src/ddns/dns/tsig.ts";
import { parseTsigKey } from "../../src/ddns/dns/tsig-key.ts";
import { createCloudflare } from "../../src/ddns/providers/cloudflare/cloudflare.ts";
import { createDesec } from "../../src/ddns/providers/desec/desec.ts";
import { ProviderError } from "../../src/ddns/providers/provider.ts";
import { addressIn } from "../../src/ddns/dns/address-data.ts";
import { replacement } from "../../src/ddns/providers/rfc2136/messages.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { FAMILIES, parseAddress } from "../../src/net/address.ts";
import { anyText, bent, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const NAME = "gw.example.com";
const SECRET = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0MTI=";
const KEY_TEXT = `key "grm-key" { algorithm hmac-sha256; secret "${SECRET}"; };`;
const LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u; // also nothing that turns text around, or has no width

function expectProviderError(error: unknown, secret: string): void {
  expect(error).toBeInstanceOf(ProviderError);
  const { message } = error as ProviderError;
  expect(message).toMatch(LINE);
  expect(message).not.toContain(secret);
}

/** Messages, of which some bytes are others, and some are missing. */
const bytes = fc
  .tuple(
    fc.constantFrom(
      encodeMessage(
        7,
        replacement("example.com", NAME, { addresses: ["1.0.0.1", "1.0.0.2"], ttl: 60 }, ["1.0.0.3"], 4),
      ),
      encodeMessage(7, replacement("example.com", NAME, { addresses: ["2600::1"], ttl: 60 }, [], 6)),
    ),
    fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 }),
    fc.option(fc.nat(80), { nil: undefined }),
  )
  .map(([message, edits, end]) => {
    const changed = Buffer.from(message);
    for (const [at, byte] of edits) if (at < changed.length) changed[at] = byte;
    return changed.subarray(0, end);
  });

fuzz(
  "dns: any bytes are a message or none, within a moment, and their signature is judged",
  fc.oneof(
    bytes,
    fc.uint8Array({ maxLength: 600 }).map((some) => Buffer.from(some)),
  ),
  (message) => {
    const received = decodeMessage(message);
    if (received === undefined) return;
    for (const record of received.answers) for (const family of FAMILIES) addressIn(record, family);
    const key = parseTsigKey(KEY_TEXT);
    if ("expected" in key) throw new Error(key.expected);
    try {
      expect(faultOf(message, received, key, Buffer.alloc(32), 1_700_000_000)).toBeDefined();
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError); // the signature ends too early, which the caller knows
    }
  },
  { runs: 2000 },
);

fuzz(
  "dns: any text is a key or what was expected, without its secret",
  fc.oneof(mutated(fc.constant(KEY_TEXT)), anyText),
  (text) => {
    const key = parseTsigKey(text);
    if (!("expected" in key)) return;
    expect(key.expected).toMatch(LINE);
    expect(key.expected).not.toContain(SECRET);
  },
  { runs: 1000 },
);

const received = fc.record({
  rcode: fc.nat(15),
  isAuthoritative: fc.boolean(),
  fault: fc.constantFrom<DnsAnswer["fault"]>(undefined, undefined, { code: "unsigned" }, { code: "key" }),
  answers: fc.array(
    fc.record({
      name: fc.constantFrom(NAME, NAME.toUpperCase(), "www.example.com", ""),
      type: fc.constantFrom(TYPE.A, TYPE.AAAA, TYPE.CNAME, TYPE.SOA, 16),
      class: fc.constantFrom(1, 254, 255),
      ttl: fc.nat(2 ** 31 - 1),
      data: fc.uint8Array({ maxLength: 20 }).map((some) => Buffer.from(some)),
      start: fc.constant(0),
      dataStart: fc.constant(0),
    }),
    { maxLength: 4 },
  ),
  authorities: fc.constant([]),
});

fuzz(
  "dns: a name server whose every answer is odd is read as addresses, or fails with a provider's error",
  fc.tuple(fc.array(received, { minLength: 1, maxLength: 4 }), fc.constantFrom(...FAMILIES), fc.boolean()),
  async ([answers, family, writes]) => {
    let turn = 0;
    const provider = createRfc2136({
      ...{ hostname: NAME, family, password: KEY_TEXT, timeout: 1000, server: { address: "127.0.0.1", port: 53 } },
      async sendDns(_, { flags }) {
        expect([OPERATION.query, OPERATION.update]).toContain(flags as never);
        return answers[turn++ % answers.length]!;
      },
    });
    const { signal } = new AbortController();
    try {
      if (writes) await provider.replace({ addresses: [family === 4 ? "1.0.0.1" : "2600::1"], ttl: 60 }, [], signal);
      const { addresses } = await provider.read(signal);
      for (const address of addresses) expect(parseAddress(address, [family])).toBeDefined();
      expect(new Set(addresses).size).toBe(addresses.length);
    } catch (error) {
      expectProviderError(error, SECRET);
    }
    expect(turn).toBeLessThan(10);
  },
  { runs: 1000 },
);

const TOKEN = "S3cr3t-token-4711";
const record = fc.record(
  {
    id: fc.constantFrom<unknown>("a1", "../zones", 5, null),
    type: fc.constantFrom("A", "AAAA", "TXT"),
    name: fc.constantFrom<unknown>(NAME, NAME.toUpperCase(), "www.example.com", 5),
    content: fc.constantFrom<unknown>("1.2.3.4", "2606:4700::A", "fe80::1%eth0", "", null, TOKEN),
    ttl: fc.constantFrom<unknown>(60, 1, "60"),
    comment: fc.constantFrom<unknown>("managed by gateway-route-manager", "by hand", null, 5),
  },
  { requiredKeys: [] },
);
const failure = fc.record(
  {
    code: fc.constantFrom<unknown>(10000, 81058, 81044, 81045, 81054, 7003, 1, "10000"),
    message: fc.constantFrom<unknown>("No.", TOKEN, null),
    error_chain: fc.constantFrom<unknown>(undefined, null, [{ code: 9300, message: TOKEN }], [5]),
  },
  { requiredKeys: [] },
);
const reply = fc.record({
  success: fc.boolean(),
  errors: fc.array(failure, { maxLength: 2 }),
  result: fc.oneof(fc.array(record, { maxLength: 4 }), record, fc.constant([{ id: "zone1", name: "example.com" }])),
  result_info: fc.constantFrom<unknown>(undefined, { total_pages: 1 }, { total_pages: "9" }, { total_pages: -1 }),
});
const body = fc.oneof(
  reply.map((value) => JSON.stringify(value)),
  bent(reply).map((value) => JSON.stringify(value) ?? ""),
  mutated(reply.map((value) => JSON.stringify(value))),
  anyText,
);

fuzz(
  "dns: a Cloudflare whose every answer is odd does what it says or fails with a provider's error",
  fc.tuple(
    fc.array(fc.tuple(fc.constantFrom(200, 200, 200, 400, 403, 404, 429, 500), body), { minLength: 1, maxLength: 6 }),
    fc.constantFrom("list", "change", "add", "remove"),
    fc.constantFrom(...FAMILIES),
    fc.boolean(),
  ),
  async ([answers, call, family, adopt]) => {
    let turn = 0;
    const send = async (url: string): Promise<Response> => {
      expect(url).toStartWith("https://api.cloudflare.com/client/v4/zones");
      const [status, said] = answers[turn++ % answers.length]!;
      return new Response(said, { status });
    };
    const cloudflare = createCloudflare({ hostname: NAME, family, password: TOKEN, timeout: 1000, send, adopt });
    const { signal } = new AbortController();
    const content = { address: family === 4 ? "1.2.3.4" : "2606:4700::a", ttl: 60 };
    const known = { id: "a1", ...content, enabled: true };
    try {
      const listed = call === "list" ? await cloudflare.list(signal) : [];
      if (call === "add") listed.push(await cloudflare.add(content, signal));
      for (const { address } of listed) expect(parseAddress(address, [family])).toBeDefined();
      if (call === "change") await cloudflare.change(known, content, signal);
      if (call === "remove") await cloudflare.remove(known, signal);
    } catch (error) {
      expectProviderError(error, TOKEN);
    }
    expect(turn).toBeLessThan(20);
  },
  { runs: 1000 },
);

const rrset = fc.record(
  {
    ttl: fc.constantFrom<unknown>(60, -1, "60", 1e300),
    records: fc.constantFrom<unknown>(["1.2.3.4"], ["2606:4700::A"], ["fe80::1%eth0"], [TOKEN], [5], "1.2.3.4", []),
    name: fc.constantFrom<unknown>("example.com", "gw.example.com", "com/../x", "example.org", 5),
    minimum_ttl: fc.constantFrom<unknown>(60, 3600, -1, "60", null),
    detail: fc.constantFrom<unknown>("No.", TOKEN, undefined),
  },
  { requiredKeys: [] },
);
const desecBody = fc.oneof(
  fc.array(rrset, { maxLength: 2 }).map((value) => JSON.stringify(value)),
  rrset.map((value) => JSON.stringify(value)),
  mutated(rrset.map((value) => JSON.stringify(value))),
  anyText,
);

fuzz(
  "dns: a deSEC whose every answer is odd is read as addresses, or fails with a provider's error",
  fc.tuple(
    fc.array(fc.tuple(fc.constantFrom(200, 200, 200, 400, 403, 404, 429, 500), desecBody), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.constantFrom(...FAMILIES),
    fc.boolean(),
  ),
  async ([answers, family, writes]) => {
    let turn = 0;
    const send = async (url: string): Promise<Response> => {
      expect(url).toMatch(/^https:\/\/desec\.io\/api\/v1\/domains\/(\?|(gw\.)?example\.com\/rrsets\/|com\/rrsets\/)/);
      const [status, said] = answers[turn++ % answers.length]!;
      return new Response(said, { status });
    };
    const desec = createDesec({ hostname: NAME, family, password: TOKEN, timeout: 1000, send });
    const { signal } = new AbortController();
    try {
      const { addresses } = await desec.read(signal);
      for (const address of addresses) expect(parseAddress(address, [family])).toBeDefined();
      if (writes) await desec.replace({ addresses: [], ttl: 60 }, [], signal);
    } catch (error) {
      expectProviderError(error, TOKEN);
    }
    expect(turn).toBeLessThan(5);
  },
  { runs: 1000 },
);
