import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createHetzner } from "../../src/ddns/providers/hetzner/hetzner.ts";
import { OWN_COMMENT } from "../../src/ddns/providers/own-comment.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { abortable } from "../../src/time/abortable.ts";
import { FakeHetzner } from "../fakes/hetzner.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";

type Settings = Partial<Parameters<typeof createHetzner>[0]>;

function open(own: Settings = {}): { fake: FakeHetzner; provider: SetProvider } {
  const fake = new FakeHetzner();
  const settings = { hostname: "gw.example.net", password: fake.secret, timeout: 60_000, send: createSend(fake.fetch) };
  return { fake, provider: createHetzner({ ...settings, adopt: false, sleep: async () => {}, ...own }) };
}

const set = { addresses: ["8.0.0.8"], ttl: 600 };
const ours = (value: string) => ({ value, comment: OWN_COMMENT });
const theirs = (value: string) => ({ value, comment: "by hand" });

const decline = (status: number, message: string, code = "some_error") => ({
  status,
  body: JSON.stringify({ error: { code, message, details: {} } }),
});

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "POST",
  decline,
  declined: [
    ["a token that is not valid", decline(401, "unable to authenticate", "unauthorized"), "access", "access"],
    ["a token for reading alone", decline(403, "insufficient permissions", "forbidden"), "access", "access"],
    ["an invalid field", decline(422, "invalid input in field 'ttl'", "invalid_input"), "access", "refused"],
    ["a full project", decline(403, "limit reached", "resource_limit_exceeded"), "quota", "quota"],
    ["a secondary zone", decline(422, "not primary", "incorrect_zone_mode"), "access", "access"],
    ["another change at the moment", decline(423, "locked", "locked"), "passing", "passing"],
    ["a set that was made meanwhile", decline(409, "exists", "uniqueness_error"), "passing", "passing"],
    ["an error called as a property of every object", decline(422, "odd", "constructor"), "access", "refused"],
    ["a page of a proxy, 404", { status: 404, body: "<html>" }, "passing", "passing"],
  ],
  garbage: ["<html>", "[]", "{}", '{"rrset":{"records":[{"value":"2600::1"}]}}', '{"rrset":{"records":[5]}}'],
});

describe("records", () => {
  test("that the program has made are read, of the name and the type alone", async () => {
    const { fake, provider } = open();
    fake.put({ records: [ours("1.0.0.1"), theirs("9.0.0.1"), ours("1.0.0.2")] });
    fake.put({ name: "gw2", records: [ours("9.0.0.2")] });
    fake.put({ type: "AAAA", records: [ours("2600::1")] });
    expect(await provider.read(patient)).toEqual({ addresses: ["1.0.0.1", "1.0.0.2"], ttl: 600, leastTtl: 60 });
  });

  test("without a time to live of their own have that of the zone", async () => {
    const { fake, provider } = open();
    fake.put({ ttl: null, records: [ours("1.0.0.1")] });
    expect(await provider.read(patient)).toMatchObject({ ttl: 3600 });
  });

  test("are made with the comment, and replaced at once", async () => {
    const { fake, provider } = open();
    await provider.replace(set, [], patient);
    await provider.replace({ addresses: ["8.0.0.9", "8.0.0.8"], ttl: 600 }, set.addresses, patient);
    expect(fake.rrsets).toMatchObject([{ name: "gw", ttl: 600, records: [ours("8.0.0.9"), ours("8.0.0.8")] }]);
    for (const sets of fake.moments.slice(1)) expect(sets[0]!.records.length).toBeGreaterThan(0);
  });

  test("get another time to live before other addresses, one change after the other is done", async () => {
    const { fake, provider } = open();
    fake.put({ ttl: 300, records: [ours("1.0.0.1")] });
    fake.lag = 4;
    await provider.replace(set, ["1.0.0.1"], patient);
    expect(fake.rrsets).toMatchObject([{ ttl: 600, records: [ours("8.0.0.8")] }]);
  });

  test("of IPv6 are in a set of their own", async () => {
    const { fake, provider } = open({ family: 6, hostname: "GW.example.net" });
    await provider.replace({ addresses: ["2600::8"], ttl: 600 }, [], patient);
    expect(fake.rrsets).toMatchObject([{ name: "gw", type: "AAAA", records: [ours("2600::8")] }]);
  });

  test("of the zone itself are at @", async () => {
    const { fake, provider } = open({ hostname: "example.net" });
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toMatchObject([{ name: "@" }]);
  });

  test("get another time to live by a change of its own, at least 60 s", async () => {
    const { fake, provider } = open();
    fake.put({ ttl: null, records: [ours("8.0.0.8")] });
    await provider.replace({ ...set, ttl: 10 }, set.addresses, patient);
    expect(fake.rrsets).toMatchObject([{ ttl: 60, records: [ours("8.0.0.8")] }]);
  });

  test("of which none should be left are deleted", async () => {
    const { fake, provider } = open();
    fake.put({ records: [ours("1.0.0.1")] });
    await provider.replace({ addresses: [], ttl: 600 }, ["1.0.0.1"], patient);
    await provider.replace({ addresses: [], ttl: 600 }, [], patient);
    expect(fake.rrsets).toEqual([]);
  });
});

describe("records of others", () => {
  test("stay at the name, also when none of the program's is left", async () => {
    const { fake, provider } = open();
    fake.put({ records: [theirs("9.0.0.1"), ours("1.0.0.1")] });
    await provider.replace(set, ["1.0.0.1"], patient);
    expect(fake.rrsets).toMatchObject([{ records: [theirs("9.0.0.1"), ours("8.0.0.8")] }]);
    await provider.replace({ addresses: [], ttl: 600 }, set.addresses, patient);
    expect(fake.rrsets).toMatchObject([{ records: [theirs("9.0.0.1")] }]);
  });

  test("that have a desired address are not taken over: the rest is written, and the remedy is -ddns-adopt", async () => {
    const { fake, provider } = open();
    fake.put({ records: [theirs("8.0.0.8")] });
    const write = provider.replace({ addresses: ["8.0.0.8", "8.0.0.9"], ttl: 600 }, [], patient);
    const failure = await failureOf(write);
    expect(failure).toMatchObject({ kind: "refused", remedy: expect.stringContaining("-ddns-adopt") });
    expect(failure.detail).toContain("8.0.0.8");
    expect(fake.rrsets).toMatchObject([{ records: [theirs("8.0.0.8"), ours("8.0.0.9")] }]);
  });

  test("count as own ones with -ddns-adopt, and are marked when they are written", async () => {
    const { fake, provider } = open({ adopt: true });
    fake.put({ records: [theirs("8.0.0.8"), { value: "9.0.0.1" }] });
    expect(await provider.read(patient)).toMatchObject({ addresses: ["8.0.0.8", "9.0.0.1"] });
    await provider.replace(set, ["8.0.0.8", "9.0.0.1"], patient);
    expect(fake.rrsets).toMatchObject([{ records: [ours("8.0.0.8")] }]);
  });
});

describe("a change that Hetzner carries out later", () => {
  test("is awaited", async () => {
    const { fake, provider } = open();
    fake.lag = 3;
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toHaveLength(1);
  });

  test("is awaited by the next call where it takes longer than one call may", async () => {
    const { fake, provider } = open();
    fake.lag = 9;
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toHaveLength(0);
    expect(await provider.read(patient)).toMatchObject({ addresses: ["8.0.0.8"] });
  });

  test("is passing where it takes longer still", async () => {
    const { fake, provider } = open();
    fake.lag = 15;
    await provider.replace(set, [], patient);
    expect(await failureOf(provider.read(patient))).toMatchObject({ kind: "passing" });
    expect(await provider.read(patient)).toMatchObject({ addresses: ["8.0.0.8"] });
  });

  test("that fails is passing, in the words of Hetzner, and the next one can be made", async () => {
    const { fake, provider } = open();
    fake.failsNext = true;
    const failure = await failureOf(provider.replace(set, [], patient));
    expect(failure).toMatchObject({ kind: "passing", detail: expect.stringContaining("action_failed: Action failed") });
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toHaveLength(1);
  });

  test("is not awaited beyond the time of the call, which is passing", async () => {
    const { fake, provider } = open({ sleep: (_, signal) => abortable(new Promise(() => {}), signal) });
    fake.lag = 2;
    const failure = await failureOf(provider.replace(set, [], AbortSignal.timeout(20)));
    expect(failure).toMatchObject({ kind: "passing", detail: expect.stringContaining("still under way") });
  });
});

describe("the zone", () => {
  test("is the longest one that holds the name, and looked for once", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    await provider.replace(set, [], patient);
    await provider.read(patient);
    expect(fake.rrsets).toMatchObject([{ zone: "vpn.example.net", name: "gw" }]);
    expect(fake.calls.filter(({ path }) => /\/zones\/[^/]+$/.test(path))).toHaveLength(2);
  });

  test("that the project does not have: access, and the remedy is another project", async () => {
    const failure = await failureOf(open({ hostname: "gw.example.org" }).provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("project") });
  });

  test("of secondary mode: access, and the remedy is its primary server", async () => {
    const { fake, provider } = open();
    fake.zones["example.net"]!.mode = "secondary";
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("primary server") });
  });

  test("that the token may read alone: access, and the remedy names the permission", async () => {
    const { fake, provider } = open();
    fake.writes = false;
    await provider.read(patient);
    const failure = await failureOf(provider.replace(set, [], patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("Read & Write") });
  });

  test("whose records are protected: declined, and the remedy is to end that", async () => {
    const { fake, provider } = open();
    fake.put({ records: [ours("1.0.0.1")] });
    fake.isProtected = true;
    const failure = await failureOf(provider.replace(set, ["1.0.0.1"], patient));
    expect(failure).toMatchObject({ kind: "refused", remedy: expect.stringContaining("protection") });
  });
});
