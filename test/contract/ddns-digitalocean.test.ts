import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createDigitalOcean } from "../../src/ddns/providers/digitalocean.ts";
import type { RecordProvider } from "../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../src/ddns/read-back.ts";
import { updateRecords } from "../../src/ddns/update.ts";
import { FakeDigitalOcean, SCOPES } from "../fakes/digitalocean.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";

type Settings = Partial<Parameters<typeof createDigitalOcean>[0]>;

function open(own: Settings = {}): { fake: FakeDigitalOcean; provider: RecordProvider } {
  const fake = new FakeDigitalOcean();
  const settings = { hostname: "gw.example.net", password: fake.secret, timeout: 60_000, send: createSend(fake.fetch) };
  return { fake, provider: createDigitalOcean({ ...settings, ...own }) };
}

const content = { address: "8.0.0.8", ttl: 60 };

const decline = (status: number, message: string) => ({
  status,
  body: JSON.stringify({ id: "error", message, request_id: "4d9d8375" }),
});

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "POST",
  decline,
  declined: [
    ["a token that is not valid", decline(401, "Unable to authenticate you"), "access", "access"],
    ["a token that lacks a scope", decline(403, "You are not authorized"), "access", "access"],
    ["an invalid field", decline(422, "Data needs to be a valid IPv4 address"), "access", "refused"],
    ["a page of a proxy, 404", { status: 404, body: "<html>" }, "passing", "passing"],
  ],
  garbage: [
    "<html>",
    "[]",
    "{}",
    '{"domain_records":[{"id":1,"type":"A","name":"gw","data":"2600::1"}],"meta":{"total":1}}',
    '{"domain_records":[{"id":"1","type":"A","name":"gw","data":"1.0.0.1"}],"meta":{"total":1}}',
  ],
});

describe("records", () => {
  test("are those of the name and the type, over all pages", async () => {
    const { fake, provider } = open();
    fake.pageSize = 2;
    const own = [1, 2, 3, 4, 5].map((host) => fake.put({ data: `1.0.0.${host}` }));
    fake.put({ data: "9.0.0.1", name: "gw2" });
    fake.put({ data: "2600::1", type: "AAAA" });
    const listed = await provider.list(patient);
    expect(listed).toEqual(own.map(({ id, data: address, ttl }) => ({ id: String(id), address, ttl, enabled: true })));
    expect(fake.calls.filter(({ path }) => path.includes("/records"))).toHaveLength(3);
  });

  test("of type AAAA are those of IPv6 alone, in any letter case of the name", async () => {
    const { fake, provider } = open({ family: 6, hostname: "GW.Example.net" });
    fake.put({ data: "1.0.0.1" });
    const { id } = fake.put({ type: "AAAA", data: "2600:0:0::A1" });
    expect(await provider.list(patient)).toMatchObject([{ id: String(id), address: "2600::a1" }]);
  });

  test("of the domain itself are at @", async () => {
    const { fake, provider } = open({ hostname: "example.net" });
    await provider.add(content, patient);
    expect(fake.records).toMatchObject([{ name: "@", data: "8.0.0.8" }]);
    expect(await provider.list(patient)).toHaveLength(1);
  });

  test("are changed in place and removed", async () => {
    const { fake, provider } = open();
    const { id } = fake.put({ data: "1.0.0.1", ttl: 3600 });
    const [record] = await provider.list(patient);
    await provider.change(record!, content, patient);
    expect(fake.records).toMatchObject([{ id, name: "gw", data: "8.0.0.8", ttl: 60 }]);
    await provider.remove(record!, patient);
    expect(fake.records).toEqual([]);
  });

  test("that are gone: a change is passing, a removal is done", async () => {
    const { provider } = open();
    const gone = { id: "77", address: "1.0.0.1", ttl: 60, enabled: true };
    expect(await failureOf(provider.change(gone, content, patient))).toMatchObject({ kind: "passing", gone: true });
    await provider.remove(gone, patient);
  });

  test("that are there already count as added where the provider declines them", async () => {
    const { fake, provider } = open();
    fake.declinesSame = true;
    const { id } = fake.put({ data: "8.0.0.8", ttl: 120 });
    expect(await provider.add(content, patient)).toEqual({
      id: String(id),
      address: "8.0.0.8",
      ttl: 120,
      enabled: true,
    });
    expect(fake.records).toHaveLength(1);
  });

  test("that are there twice are reduced to one by an update", async () => {
    const { fake, provider } = open();
    for (const data of ["8.0.0.8", "8.0.0.8"]) fake.put({ data, ttl: 60 });
    expect(await update(provider, 60)).toMatchObject({ end: "correct" });
    expect(fake.records).toMatchObject([{ data: "8.0.0.8" }]);
  });

  test("get the least time to live in place of a shorter one, which counts as desired", async () => {
    const { fake, provider } = open();
    expect(await update(provider, 10)).toMatchObject({ end: "correct", acceptedTtl: 30 });
    expect(fake.records).toMatchObject([{ data: "8.0.0.8", ttl: 30 }]);
  });
});

function update(provider: RecordProvider, ttl: number) {
  const desired = { addresses: ["8.0.0.8"], unknown: [], claimOn: () => "none" as const, mayBeEmpty: false };
  const writeGate = { allowed: true, confirm: async () => true };
  const options = { provider, ttl, desired: () => desired, writeGate, callLimit: 10_000 };
  return updateRecords(options, new ReadBack(), patient);
}

describe("the domain", () => {
  test("is the longest one that holds the name, and looked for once", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    await provider.add(content, patient);
    await provider.list(patient);
    expect(fake.records).toMatchObject([{ domain: "vpn.example.net", name: "gw" }]);
    expect(fake.calls.filter(({ path }) => !path.includes("/records"))).toHaveLength(2);
  });

  test("that the account does not have: access", async () => {
    const failure = await failureOf(open({ hostname: "gw.example.org" }).provider.list(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-hostname") });
  });
});

test("a missing scope is access, and the remedy names it", async () => {
  const record = { id: "", address: "1.0.0.1", ttl: 60, enabled: true };
  const calls = {
    "domain:read": ({ provider }: ReturnType<typeof open>) => provider.list(patient),
    "domain:create": ({ provider }: ReturnType<typeof open>) => provider.add(content, patient),
    "domain:update": ({ provider, fake }: ReturnType<typeof open>) =>
      provider.change({ ...record, id: String(fake.put({ data: "1.0.0.1" }).id) }, content, patient),
    "domain:delete": ({ provider, fake }: ReturnType<typeof open>) =>
      provider.remove({ ...record, id: String(fake.put({ data: "1.0.0.1" }).id) }, patient),
  };
  for (const scope of SCOPES) {
    const bench = open();
    bench.fake.scopes = SCOPES.filter((one) => one !== scope);
    const failure = await failureOf(calls[scope](bench));
    expect(failure).toMatchObject({ kind: "access", remedy: `give the token the scope ${scope}` });
  }
});
