import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createCloudflare } from "../../src/ddns/providers/cloudflare/cloudflare.ts";
import type { RecordProvider } from "../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../src/ddns/read-back.ts";
import { updateRecords } from "../../src/ddns/update.ts";
import { OWN_COMMENT } from "../../src/ddns/providers/own-comment.ts";
import { FakeCloudflare } from "../fakes/cloudflare.ts";
import { type HttpFault, objectOf } from "../fakes/http-api.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

type Settings = Partial<Parameters<typeof createCloudflare>[0]>;

function open(own: Settings = {}) {
  const fake = new FakeCloudflare();
  const send = createSend(fake.fetch);
  const hostname = "gw.example.net";
  const settings = { hostname, password: fake.secret, timeout: 60_000, send, adopt: false };
  return { fake, provider: createCloudflare({ ...settings, ...own }) };
}

const content = { address: "8.0.0.8", ttl: 60 };
const json = (status: number, ...errors: readonly object[]): HttpFault => ({
  status,
  body: JSON.stringify({ success: false, errors, messages: [], result: null }),
});

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "POST",
  decline: (status, message) => ({
    status,
    body: JSON.stringify({ success: false, errors: [{ code: status, message }], messages: [], result: null }),
  }),
  declined: [],
  garbage: [
    "<html>",
    "{}",
    '{"success":true,"result":null}',
    '{"success":true,"result":[{"id":"../x","type":"A","name":"gw.example.net","content":"1.0.0.1"}]}',
  ],
});

describe("records", () => {
  test("that the program has made are listed, of the name and type A alone, over all pages", async () => {
    const { fake, provider } = open();
    fake.pageSize = 2;
    const own = [1, 2, 3, 4, 5].map((host) => fake.put({ content: `1.0.0.${host}` }));
    fake.put({ content: "9.0.0.1", comment: null });
    fake.put({ content: "9.0.0.2", comment: `${OWN_COMMENT}, too` });
    fake.put({ content: "9.0.0.3", name: "gw2.example.net" });
    fake.put({ content: "2600::1", type: "AAAA" });
    const listed = await provider.list(patient);
    expect(listed).toEqual(own.map(({ id, content: address, ttl }) => ({ id, address, ttl, enabled: true })));
    expect(fake.calls.filter(({ path }) => path.includes("dns_records"))).toHaveLength(4);
  });

  test("of type AAAA are those of IPv6 alone, with addresses in their one form", async () => {
    const { fake, provider } = open({ family: 6 });
    fake.put({ content: "1.0.0.1" });
    const { id } = fake.put({ type: "AAAA", content: "2600:0:0:0:0:0:0:00A1" });
    expect(await provider.list(patient)).toEqual([{ id, address: "2600::a1", ttl: 60, enabled: true }]);
    const added = await provider.add({ address: "2600::2", ttl: 60 }, patient);
    expect(fake.records.at(-1)).toMatchObject({ id: added.id, type: "AAAA", content: "2600::2" });
  });

  test("are removed after a list, since each spreads by itself", () => {
    expect(open().provider.spreads).toBeTrue();
  });

  test("get address, time to live and the comment, and are not proxied", async () => {
    const { fake, provider } = open();
    const added = await provider.add(content, patient);
    expect(await provider.list(patient)).toEqual([added]);
    const record = { content: "8.0.0.8", ttl: 60, proxied: false, comment: OWN_COMMENT };
    expect(fake.records).toMatchObject([record]);
  });

  test("that are changed keep whatever else was set for them", async () => {
    const { fake, provider } = open();
    const { id } = fake.put({ content: "1.0.0.1", proxied: true });
    await provider.change({ id, address: "1.0.0.1", ttl: 1, enabled: true }, content, patient);
    expect(fake.records).toMatchObject([{ id, content: "8.0.0.8", proxied: true }]);
  });

  test("that are gone: a change is passing, a removal is done", async () => {
    const { provider } = open();
    const gone = { id: "id77", address: "1.0.0.1", ttl: 60, enabled: true };
    expect(await failureOf(provider.change(gone, content, patient))).toMatchObject({ kind: "passing", gone: true });
    await provider.remove(gone, patient);
  });

  test("that are there already count as added", async () => {
    const { fake, provider } = open();
    const { id } = fake.put({ content: "8.0.0.8", ttl: 120 });
    expect(await provider.add(content, patient)).toEqual({ id, address: "8.0.0.8", ttl: 120, enabled: true });
    expect(fake.records).toHaveLength(1);
  });

  test("are added again after a cut that hid it", async () => {
    const { fake, provider } = open();
    fake.fail("POST", { cut: "after" });
    expect(await failureOf(provider.add(content, patient))).toMatchObject({ kind: "passing", code: "reset" });
    const added = await provider.add(content, patient);
    expect(await provider.list(patient)).toEqual([added]);
  });

  test("that others have made are neither taken over nor doubled: refused, and the remedy is -ddns-adopt", async () => {
    const { fake, provider } = open();
    const theirs = fake.put({ content: "8.0.0.8", comment: "by hand" });
    const failure = await failureOf(provider.add(content, patient));
    expect(failure).toMatchObject({ kind: "refused", remedy: expect.stringContaining("-ddns-adopt") });
    expect(fake.records).toEqual([theirs as never]);
  });

  test("that others have made are own ones with -ddns-adopt, and are marked when they change", async () => {
    const { fake, provider } = open({ adopt: true });
    const { id } = fake.put({ content: "9.0.0.1", comment: null });
    const [record] = await provider.list(patient);
    await provider.change(record!, content, patient);
    expect(fake.records).toMatchObject([{ id, content: "8.0.0.8", comment: OWN_COMMENT }]);
  });
});

describe("proxied records", () => {
  const update = (provider: RecordProvider, ...addresses: readonly string[]) => {
    const desired = { addresses, unknown: [], claimOn: () => "none" as const, mayBeEmpty: false };
    const writeGate = { allowed: true, confirm: async () => true };
    const options = { provider, ttl: 60, desired: () => desired, writeGate, callLimit: 10_000 };
    return updateRecords(options, new ReadBack(), patient);
  };
  const proxiedAt = (content: string) => ({ content, proxied: true, ttl: 1, comment: OWN_COMMENT });

  test("are made with the option, with the time to live that Cloudflare sets", async () => {
    const { fake, provider } = open({ proxied: true });
    expect(await update(provider, "8.0.0.8", "8.0.0.9")).toMatchObject({ end: "correct", acceptedTtl: undefined });
    expect(fake.records).toMatchObject([proxiedAt("8.0.0.8"), proxiedAt("8.0.0.9")]);
    expect(await update(provider, "8.0.0.8", "8.0.0.9")).toMatchObject({ end: "correct", changes: [] });
  });

  test("replace those that are not, in place", async () => {
    const { fake, provider } = open({ proxied: true });
    const ids = ["8.0.0.8", "1.0.0.1"].map((content) => fake.put({ content }).id);
    expect(await update(provider, "8.0.0.8", "8.0.0.9")).toMatchObject({ end: "correct" });
    expect(fake.records).toMatchObject([proxiedAt("8.0.0.8"), proxiedAt("8.0.0.9")]);
    expect(fake.records.map(({ id }) => id)).toEqual(ids);
  });

  test("that a person has made so stay so without the option, and are not written again and again", async () => {
    const { fake, provider } = open();
    fake.put({ content: "8.0.0.8", proxied: true });
    expect(await update(provider, "8.0.0.8")).toMatchObject({ end: "correct", changes: [] });
    expect(await update(provider, "8.0.0.9")).toMatchObject({ end: "correct" });
    expect(fake.records).toMatchObject([proxiedAt("8.0.0.9")]);
    expect(objectOf(fake.callsOf("PATCH").at(-1)!.body)).toMatchObject({ ttl: 1 });
  });
});

describe("the zone", () => {
  test("is the longest one that holds the name, and asked for once", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    await provider.add(content, patient);
    await provider.list(patient);
    expect(fake.records).toMatchObject([{ zone: "zone2" }]);
    const asked = fake.calls.flatMap(({ path }) => /\/zones\?name=(.*)/.exec(path)?.[1] ?? []);
    expect(asked).toEqual(["gw.vpn.example.net", "vpn.example.net"]);
  });

  test("may be the name itself", async () => {
    const { fake, provider } = open({ hostname: "example.net" });
    await provider.add(content, patient);
    expect(fake.addresses("example.net")).toEqual(["8.0.0.8"]);
  });

  test("that the token does not see: access, and the remedy is its id", async () => {
    const { fake, provider } = open();
    fake.readsZones = false;
    const failure = await failureOf(provider.list(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-zone") });
  });

  test("whose id is given is not asked for", async () => {
    const { fake, provider } = open({ zone: "zone1" });
    fake.readsZones = false;
    await provider.add(content, patient);
    expect(fake.calls.map(({ method }) => method)).toEqual(["POST"]);
  });

  test("with a wrong id: access", async () => {
    const { provider } = open({ zone: "nowhere" });
    const failure = await failureOf(provider.list(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-zone") });
  });
});

describe("a failure", () => {
  const READS = { reads: "access", writes: "access" } as const;
  const PASSING = { reads: "passing", writes: "passing" } as const;

  test.each<[string, HttpFault, { readonly reads: string; readonly writes: string }]>([
    ["a wrong token", json(403, { code: 9109, message: "Invalid access token" }), READS],
    ["a missing permission", json(403, { code: 10000, message: "Authentication error" }), READS],
    ["an alias at the name", json(400, { code: 81054, message: "A CNAME record exists." }), READS],
    [
      "an invalid field",
      json(400, { code: 1004, message: "DNS Validation Error" }),
      { reads: "access", writes: "refused" },
    ],
    [
      "a chained error",
      json(400, { code: 1004, message: "x", error_chain: [{ code: 9300, message: "1 tags" }] }),
      { reads: "access", writes: "refused" },
    ],
    [
      "a full zone",
      json(400, { code: 81045, message: "Record quota exceeded." }),
      { reads: "access", writes: "quota" },
    ],
    [
      "a zone that is not there, by a number that is not known",
      json(404, { code: 1001, message: "Invalid zone identifier" }),
      { reads: "access", writes: "passing" },
    ],
    ["too many requests", json(429, { code: 10013, message: "Rate limited" }), PASSING],
    ["a fault of the server", json(500, { code: 1000, message: "Internal error" }), PASSING],
    ["a page of a proxy", { status: 403, body: "<html>" }, PASSING],
    ["a page of a proxy, 200", { status: 200, body: "<html>" }, PASSING],
    ["nothing", { status: 200, body: "" }, PASSING],
    [
      "a success without a result",
      { status: 200, body: '{"success":true,"result":null}' },
      { reads: "passing", writes: "passing" },
    ],
    ["a redirect", { status: 302, body: "", headers: { location: "https://elsewhere.invalid/" } }, PASSING],
    ["a cut", { cut: "before" }, PASSING],
  ])("%s", async (_, fault, { reads, writes }) => {
    const { fake, provider } = open();
    fake.fail("GET", fault);
    fake.fail("POST", fault);
    expect((await failureOf(provider.list(patient))).kind).toBe(reads as never);
    expect((await failureOf(provider.add(content, patient))).kind).toBe(writes as never);
  });

  test("for want of a permission names the one that lacks", async () => {
    const denial = json(403, { code: 10000, message: "Authentication error" });
    const { fake, provider } = open({ zone: "zone1" });
    fake.fail("GET", denial);
    fake.fail("POST", denial);
    const remedies = [await failureOf(provider.list(patient)), await failureOf(provider.add(content, patient))];
    expect(remedies.map(({ remedy }) => remedy)).toEqual([
      "give the token of -ddns-password the permission DNS Read or DNS Edit for the zone",
      "give the token of -ddns-password the permission DNS Edit for the zone",
    ]);
  });

  test("has the wait that Cloudflare asks for", async () => {
    const { fake, provider } = open();
    fake.fail("GET", {
      status: 429,
      body: '{"success":false,"errors":[{"code":10013,"message":"x"}]}',
      headers: { "retry-after": "300" },
    });
    expect(await failureOf(provider.list(patient))).toMatchObject({ kind: "passing", retryAfter: "300" });
  });

  test("shows no token, echoed or not, and the words of Cloudflare", async () => {
    const { fake, provider } = open();
    fake.fail("GET", json(400, { code: 1004, message: `bad ${fake.secret}` }));
    const failure = await failureOf(provider.list(patient));
    expect(textOf(failure)).not.toContain(fake.secret);
    expect(failure.detail).toContain('1004 "bad (hidden)"');
    const wrong = await failureOf(open({ password: "wr0ng-token" }).provider.list(patient));
    expect(wrong).toMatchObject({ kind: "access", remedy: expect.stringContaining("DNS Edit") });
    expect(textOf(wrong)).not.toContain("wr0ng-token");
  });

  test("of an invalid record in a list fails the whole list", async () => {
    const { fake, provider } = open();
    const record = { id: "a", type: "A", name: "gw.example.net", content: "1.0.0.1", ttl: 60 };
    for (const odd of [{ id: "../x" }, { id: 5 }, { content: "1.0.0" }, { content: null }]) {
      fake.fail("GET", {
        status: 200,
        body: JSON.stringify({ success: true, result: [record, { ...record, ...odd }] }),
      });
      expect((await failureOf(provider.list(patient))).kind).toBe("passing");
    }
  });
});

test("the token is in a header, and requests go to Cloudflare alone", async () => {
  const { fake, provider } = open();
  await provider.remove(await provider.add(content, patient), patient);
  for (const { headers, path } of fake.calls) {
    expect(headers.get("authorization")).toBe(`Bearer ${fake.secret}`);
    expect(path).not.toContain(fake.secret);
  }
});
