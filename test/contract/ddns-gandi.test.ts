import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createGandi } from "../../src/ddns/providers/gandi.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { FakeGandi } from "../fakes/gandi.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient } from "./ddns-provider.fixture.ts";

function open(own: Partial<Parameters<typeof createGandi>[0]> = {}): { fake: FakeGandi; provider: SetProvider } {
  const fake = new FakeGandi();
  const settings = { hostname: "gw.example.net", password: fake.secret, timeout: 60_000, send: createSend(fake.fetch) };
  return { fake, provider: createGandi({ ...settings, ...own }) };
}

const set = { addresses: ["8.0.0.8"], ttl: 600 };

const decline = (code: number, message: string) => ({
  status: code,
  body: JSON.stringify({ object: "HTTPError", cause: "Error", code, message }),
});

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "PUT",
  decline,
  declined: [
    ["a token that is not valid", decline(401, "Not authorized"), "access", "access"],
    ["a token that lacks the permission", decline(403, "Access was denied to this resource."), "access", "access"],
    [
      "an invalid field",
      { status: 400, body: '{"status":"error","errors":[{"name":"rrset_ttl","description":"x"}]}' },
      "access",
      "refused",
    ],
    ["another change at the moment", decline(409, "Conflict"), "passing", "passing"],
    ["a page of a proxy, 404", { status: 404, body: "<html>" }, "passing", "passing"],
  ],
  garbage: [
    "<html>",
    "[]",
    "{}",
    '{"rrset_ttl":300,"rrset_values":["2600::1"]}',
    '{"rrset_ttl":300,"rrset_values":[5]}',
  ],
});

describe("records", () => {
  test("are those of the name and the type, in each family", async () => {
    const { fake, provider } = open();
    fake.put("A", ["1.0.0.1", "1.0.0.2"], 300);
    fake.put("A", ["9.0.0.1"], 300, "gw2");
    fake.put("AAAA", ["2600::1"], 3600);
    expect(await provider.read(patient)).toEqual({ addresses: ["1.0.0.1", "1.0.0.2"], ttl: 300, leastTtl: 300 });
    const { fake: other, provider: ipv6 } = open({ hostname: "GW.example.net", family: 6 });
    other.put("AAAA", ["2600:0:0::1"], 3600);
    expect(await ipv6.read(patient)).toMatchObject({ addresses: ["2600::1"], ttl: 3600 });
  });

  test("are all replaced by one request, with the least time to live or more", async () => {
    const { fake, provider } = open();
    fake.put("A", ["1.0.0.1", "1.0.0.2"], 900);
    await provider.replace({ ...set, ttl: 60 }, ["1.0.0.1", "1.0.0.2"], patient);
    expect(fake.rrsets).toMatchObject([{ rrset_name: "gw", rrset_ttl: 300, rrset_values: ["8.0.0.8"] }]);
    expect(fake.callsOf("PUT")).toHaveLength(1);
  });

  test("of which none should be left are deleted, gone or not", async () => {
    const { fake, provider } = open();
    fake.put("A", ["1.0.0.1"], 300);
    await provider.replace({ addresses: [], ttl: 300 }, ["1.0.0.1"], patient);
    expect(fake.rrsets).toEqual([]);
    await provider.replace({ addresses: [], ttl: 300 }, [], patient);
  });

  test("of the domain itself are at @", async () => {
    const { fake, provider } = open({ hostname: "example.net" });
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toMatchObject([{ domain: "example.net", rrset_name: "@" }]);
  });
});

describe("the domain", () => {
  test("is the longest one that holds the name, and looked for once", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    await provider.replace(set, [], patient);
    await provider.read(patient);
    expect(fake.rrsets).toMatchObject([{ domain: "vpn.example.net", rrset_name: "gw" }]);
    expect(fake.calls.filter(({ path }) => !path.includes("/records"))).toHaveLength(2);
  });

  test("is found by a token that may see this one alone", async () => {
    const { fake, provider } = open();
    fake.visible = ["example.net"];
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toHaveLength(1);
  });

  test("that the token may not see: access, and the remedy names the permission", async () => {
    const { fake, provider } = open();
    fake.visible = [];
    const remedy = expect.stringContaining("Manage domain name technical configurations");
    expect(await failureOf(provider.read(patient))).toMatchObject({ kind: "access", remedy });
  });

  test("that the account does not have: access", async () => {
    const { provider } = open({ hostname: "gw.example.org" });
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-hostname") });
  });

  test("that may be read and not be written: access, and the remedy names the permission", async () => {
    const { fake, provider } = open();
    fake.writes = false;
    const failure = await failureOf(provider.replace(set, [], patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("personal access token") });
  });
});
