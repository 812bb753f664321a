import { expect } from "bun:test";

import fc from "fast-check";

import { readAnswer } from "../../src/ddns/look-up-answer.ts";
import { createDynu } from "../../src/ddns/providers/dynu/dynu.ts";
import { readDynuAnswer, readDynuRecords } from "../../src/ddns/providers/dynu/answers.ts";
import { type DnsRecord, ProviderError } from "../../src/ddns/providers/provider.ts";
import { planRecords, type DesiredRecords } from "../../src/ddns/plan-records.ts";
import { contains, hostOf } from "../../src/net/cidr.ts";
import { FAMILIES, formatAddress, parseAddress } from "../../src/net/address.ts";
import { RESERVED } from "../../src/net/reserved.ts";
import { anyText, bent, mutated } from "./arbitraries.ts";
import { fuzz } from "./harness.ts";

const KEY = "S3cr3t-key-4711";
const NAME = "gw.example.com";
const KINDS = ["passing", "access", "refused", "quota"];
const LINE = /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u; // also nothing that turns text around, or has no width

const text = (value: unknown): string => JSON.stringify(value) ?? "";
const someAddress = fc.constantFrom(
  "1.2.3.4",
  "8.8.8.8",
  " 9.9.9.9\n",
  "10.0.0.1",
  "",
  "1.2.3.4, 5.6.7.8",
  "1.2.3.04",
  "2606:4700::1111",
  "2606:4700:0:0::00A1",
  "fd00::1",
  "fe80::1%eth0",
  "::ffff:1.2.3.4",
  KEY,
);
const object = fc.record(
  { public_ip: someAddress, ip_address: someAddress, ip: someAddress, region: anyText },
  { requiredKeys: [] },
);
const publicAnswer = fc.oneof(mutated(someAddress), bent(object).map(text), mutated(object.map(text)), anyText);

fuzz(
  "answers: a public address is a public one, or a reason in one line without secrets",
  fc.tuple(publicAnswer, fc.boolean(), fc.constantFrom(...FAMILIES)),
  ([body, allowPrivate, family]) => {
    const answer = readAnswer(body, allowPrivate, [KEY], family);
    if (answer.kind === "failure") {
      expect(answer.detail).toMatch(LINE);
      expect(answer.detail).not.toContain(KEY);
      expect(answer.detail.length).toBeLessThan(400);
      return;
    }
    const address = parseAddress(answer.address, [family])!;
    expect(formatAddress(address)).toBe(answer.address);
    const isReserved = RESERVED[family].some((range) => contains(range, hostOf(address)));
    expect(allowPrivate || !isReserved).toBe(true);
  },
  { runs: 1000 },
);

const record = fc.record(
  {
    id: fc.constantFrom<unknown>(1, 2, 2 ** 53, -1, 1.5, "1"),
    hostname: fc.constantFrom(NAME, `${NAME}.`, NAME.toUpperCase(), "www.example.com", ""),
    recordType: fc.constantFrom("A", "AAAA", "TXT"),
    ipv4Address: fc.constantFrom<unknown>("1.2.3.4", "5.6.7.8", "", null, "1.2.3.4.5", KEY),
    ipv6Address: fc.constantFrom<unknown>("2606:4700::1", "2606:4700:0::A", "fe80::1%eth0", "", null, "1.2.3.4", KEY),
    content: someAddress,
    ttl: fc.constantFrom<unknown>(60, 0, -1, 1e300, "60"),
    state: fc.constantFrom<unknown>(true, false, "no"),
  },
  { requiredKeys: [] },
);
const failure = fc.record(
  {
    statusCode: fc.constantFrom<unknown>(200, 401, 501, 503, 505, "401"),
    type: fc.constantFrom<unknown>("Quota Exception", "Authentication Exception", "Server Exception", KEY, 5),
    message: fc.constantFrom<unknown>("No.", KEY, null),
  },
  { requiredKeys: [] },
);
const list = fc.record({ statusCode: fc.constant(200), dnsRecords: fc.array(record, { maxLength: 5 }) });
const root = fc.record({
  statusCode: fc.constant(200),
  id: fc.constantFrom<unknown>(7, 0, "7"),
  node: fc.constantFrom<unknown>("gw", "", null),
});
const added = fc.record({
  id: fc.constantFrom<unknown>(9, -9, "9"),
  ttl: fc.constantFrom<unknown>(60, "x"),
  state: fc.boolean(),
});
const anyBody = fc.oneof(
  list,
  root,
  added,
  failure,
  failure.map((exception) => ({ exception })),
);
const body = fc.oneof(
  { weight: 3, arbitrary: anyBody.map(text) },
  { weight: 3, arbitrary: bent(anyBody).map(text) },
  { weight: 2, arbitrary: mutated(anyBody.map(text)) },
  { weight: 1, arbitrary: anyText },
);
const status = fc.constantFrom(200, 200, 200, 200, 201, 302, 400, 401, 404, 429, 500, 501, 503, 599);

fuzz(
  "answers: any answer of a provider is fields, or a failure of a known kind in one line without the key",
  fc.tuple(status, body),
  ([code, said]) => {
    const answer = readDynuAnswer(code, said, [KEY]);
    if (answer.ok) return;
    expect([...KINDS, "missing"]).toContain(answer.kind);
    expect(answer.detail).toMatch(LINE);
    expect(answer.detail).not.toContain(KEY);
    expect(answer.detail.length).toBeLessThan(600);
  },
  { runs: 1000 },
);

const DESIRED: DesiredRecords = { addresses: ["9.9.9.9"], unknown: [], claimOn: () => "none", mayBeEmpty: true };

function expectRecords(records: readonly DnsRecord[]): void {
  for (const { id, address, ttl, enabled } of records) {
    expect(id).toMatch(/^-?\d+$/);
    expect(address === "" ? !enabled : parseAddress(address, FAMILIES) !== undefined).toBe(true);
    if (ttl !== undefined) expect(typeof ttl).toBe("number");
  }
}

function expectProviderError(error: unknown): void {
  expect(error).toBeInstanceOf(ProviderError);
  const { kind, message } = error as ProviderError;
  expect(KINDS).toContain(kind);
  expect(message).toMatch(LINE);
  expect(message).not.toContain(KEY);
}

fuzz(
  "answers: records are valid and can be planned with, or the whole list is an error",
  fc.tuple(bent(list), fc.constantFrom(...FAMILIES)),
  ([fields, family]) => {
    try {
      const records = readDynuRecords((fields ?? {}) as Record<string, unknown>, NAME, [KEY], family);
      expectRecords(records);
      for (const change of planRecords(records, DESIRED, 60, false)) {
        expect(["add", "change", "remove"]).toContain(change.op);
      }
    } catch (error) {
      expectProviderError(error);
    }
  },
  { runs: 500 },
);

fuzz(
  "answers: a provider whose every answer is odd does what it says or fails with a provider's error",
  fc.tuple(
    fc.array(fc.tuple(status, body), { minLength: 1, maxLength: 8 }),
    fc.constantFrom("list", "change", "add", "remove"),
  ),
  async ([answers, call]) => {
    let turn = 0;
    const send = async (): Promise<Response> => {
      const [code, said] = answers[turn++ % answers.length]!;
      return new Response(said, { status: code, headers: { "content-type": "application/json" } });
    };
    const dynu = createDynu({ hostname: NAME, password: KEY, timeout: 1000, send });
    const { signal } = new AbortController();
    const known: DnsRecord = { id: "1", address: "1.2.3.4", ttl: 60, enabled: true };
    try {
      if (call === "list") expectRecords(await dynu.list(signal));
      else if (call === "add") expectRecords([await dynu.add({ address: "1.2.3.4", ttl: 60 }, signal)]);
      else if (call === "change") await dynu.change(known, { address: "5.6.7.8", ttl: 60 }, signal);
      else await dynu.remove(known, signal);
    } catch (error) {
      expectProviderError(error);
    }
    expect(turn).toBeLessThan(10);
  },
  { runs: 500 },
);
