import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createDesec } from "../../src/ddns/providers/desec/desec.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../src/ddns/read-back.ts";
import { updateRecords } from "../../src/ddns/update.ts";
import { FakeDesec } from "../fakes/desec.ts";
import type { HttpFault } from "../fakes/http-api.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

type Settings = Partial<Parameters<typeof createDesec>[0]>;

function open(own: Settings = {}) {
  const fake = new FakeDesec();
  const settings = { hostname: "gw.example.net", password: fake.secret, timeout: 60_000, send: createSend(fake.fetch) };
  return { fake, provider: createDesec({ ...settings, ...own }) };
}

const set = { addresses: ["8.0.0.8"], ttl: 60 };
const json = (status: number, value: object, headers = {}): HttpFault & { readonly body: string } => ({
  ...{ status, body: JSON.stringify(value), headers },
});

/** Of updates towards one address. */
function optionsFor(provider: SetProvider, ttl: number): Parameters<typeof updateRecords>[0] {
  const desired = { addresses: ["8.0.0.8"], unknown: [], claimOn: () => "none" as const, mayBeEmpty: false };
  const writeGate = { allowed: true, confirm: async () => true };
  return { provider, ttl, desired: () => desired, writeGate, callLimit: 10_000 };
}

testFailures({
  open: (password) => open(password === undefined ? {} : { password }),
  writes: "PUT",
  decline: (status, detail) => json(status, { detail }),
  declined: [],
  garbage: ["<html>", "[]", '{"ttl":60}', '{"ttl":60,"records":["2600::1"]}'],
});

describe("records", () => {
  test("are those of the name and the type", async () => {
    const { fake, provider } = open();
    fake.put("A", ["1.0.0.1", "1.0.0.2"], 300);
    fake.put("A", ["9.0.0.1"], 300, "gw2");
    fake.put("AAAA", ["2600::1"], 3600);
    expect(await provider.read(patient)).toEqual({ addresses: ["1.0.0.1", "1.0.0.2"], ttl: 300, leastTtl: 60 });
    const ipv6 = createDesec({
      ...{ hostname: "GW.example.net", family: 6, password: fake.secret, timeout: 1000, send: createSend(fake.fetch) },
    });
    expect(await ipv6.read(patient)).toEqual({ addresses: ["2600::1"], ttl: 3600, leastTtl: 60 });
  });

  test("are all replaced by one request", async () => {
    const { fake, provider } = open();
    fake.put("A", ["1.0.0.1", "1.0.0.2"], 300);
    await provider.replace(set, ["1.0.0.1", "1.0.0.2"], patient);
    expect(fake.rrsets).toMatchObject([{ subname: "gw", type: "A", ttl: 60, records: ["8.0.0.8"] }]);
    expect(fake.calls.filter(({ method }) => method === "PUT")).toHaveLength(1);
  });

  test("of the domain itself have an empty name inside it", async () => {
    const { fake, provider } = open({ hostname: "example.net" });
    await provider.replace(set, [], patient);
    expect(fake.rrsets).toMatchObject([{ subname: "", domain: "example.net" }]);
    expect((await provider.read(patient)).addresses).toEqual(["8.0.0.8"]);
  });

  test("are in the longest domain that holds the name, whose least time to live they get, which counts as desired", async () => {
    const { fake, provider } = open({ hostname: "gw.vpn.example.net" });
    const options = optionsFor(provider, 60);
    const readBack = new ReadBack();
    expect(await updateRecords(options, readBack, patient)).toMatchObject({ end: "correct", acceptedTtl: 3600 });
    expect(fake.rrsets).toMatchObject([{ domain: "vpn.example.net", subname: "gw", ttl: 3600 }]);
    expect(await updateRecords(options, readBack, patient)).toMatchObject({ end: "correct", changes: [] });
    expect(fake.calls.filter(({ path }) => path.includes("owns_qname"))).toHaveLength(1);
  });
});

describe("a failure", () => {
  const READS = { reads: "access", writes: "access" } as const;
  const PASSING = { reads: "passing", writes: "passing" } as const;

  test.each<[string, HttpFault, { readonly reads: string; readonly writes: string }]>([
    ["a wrong token", json(401, { detail: "Invalid token." }), READS],
    ["a token that may not write", json(403, { detail: "Insufficient token permissions." }), READS],
    ["an invalid field", json(400, [{ ttl: ["x"] }]), { reads: "access", writes: "refused" }],
    ["too many requests", json(429, { detail: "Request was throttled." }), PASSING],
    ["another change of the domain at the moment", json(409, { detail: "Busy." }), PASSING],
    ["a fault of the server", json(500, { detail: "x" }), PASSING],
    ["a page of a proxy", { status: 403, body: "<html>" }, PASSING],
    ["a redirect", { status: 302, body: "", headers: { location: "https://elsewhere.invalid/" } }, PASSING],
    ["a cut", { cut: "before" }, PASSING],
  ])("%s", async (_, fault, { reads, writes }) => {
    const { fake, provider } = open();
    fake.fail("GET", fault);
    fake.fail("PUT", fault);
    expect((await failureOf(provider.read(patient))).kind).toBe(reads as never);
    expect((await failureOf(provider.replace(set, [], patient))).kind).toBe(writes as never);
    expect(fake.rrsets).toEqual([]);
  });

  test("has the wait that deSEC asks for, hours too", async () => {
    const { fake, provider } = open();
    fake.fail("PUT", json(429, { detail: "Request was throttled." }, { "retry-after": "79200" }));
    expect(await failureOf(provider.replace(set, [], patient))).toMatchObject({ retryAfter: "79200" });
  });

  test.each(["<html>", "[]", '{"ttl":60}', '{"ttl":60,"records":["2600::1"]}', '{"ttl":"60","records":[]}'])(
    "records that are none are passing: %s",
    async (body) => {
      const { fake, provider } = open();
      fake.fail("GET", { status: 200, body });
      expect((await failureOf(provider.read(patient))).kind).toBe("passing");
    },
  );

  test("of a name that the account does not have is access", async () => {
    const failure = await failureOf(open({ hostname: "gw.example.org" }).provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-hostname") });
  });

  test("of an alias at the name is refused, in the words of deSEC", async () => {
    const { fake, provider } = open();
    fake.put("CNAME", ["example.org."], 3600);
    const failure = await failureOf(provider.replace(set, [], patient));
    expect(failure).toMatchObject({ kind: "refused", detail: expect.stringContaining("conflicting type present") });
  });

  test("shows no token, echoed or not", async () => {
    const { fake, provider } = open();
    fake.fail("GET", json(400, { detail: `bad ${fake.secret}` }));
    expect(textOf(await failureOf(provider.read(patient)))).not.toContain(fake.secret);
    const wrong = await failureOf(open({ password: "wr0ng-token" }).provider.read(patient));
    expect(wrong).toMatchObject({ kind: "access", remedy: expect.stringContaining("-ddns-password") });
    expect(textOf(wrong)).not.toContain("wr0ng-token");
  });

  test("of a domain that is gone lets the next request look for it anew", async () => {
    const { fake, provider } = open();
    await provider.read(patient);
    fake.fail("PUT", json(404, { detail: "Not found." }));
    await failureOf(provider.replace(set, [], patient));
    await provider.replace(set, [], patient);
    expect(fake.calls.filter(({ path }) => path.includes("owns_qname"))).toHaveLength(2);
  });
});

describe("a time to live below the least one of the domain", () => {
  const NAME = "gw.vpn.example.net"; // in a domain with a least time to live of an hour
  const updates = ({ calls }: FakeDesec) => calls.filter(({ path }) => path.startsWith("/?"));

  test("of a minute is had by dynDNS, which replaces all addresses of the family in one request", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 60 });
    fake.put("AAAA", ["2600::1"], 3600, "gw", "vpn.example.net");
    fake.put("A", ["9.0.0.1"], 3600, "gw", "vpn.example.net");
    await provider.replace({ addresses: ["8.0.0.8", "8.0.0.9"], ttl: 60 }, [], patient);
    expect(await provider.read(patient)).toEqual({ addresses: ["8.0.0.8", "8.0.0.9"], ttl: 60, leastTtl: 60 });
    expect(fake.rrsets).toContainEqual(expect.objectContaining({ type: "AAAA", ttl: 3600, records: ["2600::1"] }));
    expect(updates(fake)).toHaveLength(1);
    expect(fake.callsOf("PUT")).toEqual([]);
    const ipv6 = createDesec({
      ...{ hostname: NAME.toUpperCase(), family: 6, ttl: 30, password: fake.secret, timeout: 1000 },
      send: createSend(fake.fetch),
    });
    await ipv6.replace({ addresses: ["2600::2", "2600::3"], ttl: 30 }, [], patient);
    expect((await ipv6.read(patient)).addresses).toEqual(["2600::2", "2600::3"]);
    expect((await provider.read(patient)).addresses).toEqual(["8.0.0.8", "8.0.0.9"]);
  });

  test("counts as desired where it is shorter than a minute", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 30 });
    const readBack = new ReadBack();
    expect(await updateRecords(optionsFor(provider, 30), readBack, patient)).toMatchObject({
      ...{ end: "correct", acceptedTtl: 60 },
    });
    expect(await updateRecords(optionsFor(provider, 30), readBack, patient)).toMatchObject({ changes: [] });
    expect(fake.rrsets).toMatchObject([{ ttl: 60 }]);
  });

  test("is raised to that where it is longer than a minute, since dynDNS has no other", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 300 });
    await provider.replace({ addresses: ["8.0.0.8"], ttl: 300 }, [], patient);
    expect(fake.rrsets).toMatchObject([{ ttl: 3600 }]);
    expect(updates(fake)).toEqual([]);
  });

  test("is no reason for dynDNS where the domain takes it", async () => {
    const { fake, provider } = open({ ttl: 60 });
    await provider.replace(set, [], patient);
    expect(updates(fake)).toEqual([]);
  });

  test("is not had by dynDNS with another base URL, since that has another dynDNS service", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 60, apiUrl: "https://desec.io/api/v1" });
    await provider.replace(set, [], patient);
    expect(updates(fake)).toEqual([]);
    expect(fake.rrsets).toMatchObject([{ ttl: 3600 }]);
  });

  test("does not matter for a name without addresses, which takes no update by dynDNS", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 60 });
    fake.put("A", ["9.0.0.1"], 3600, "gw", "vpn.example.net");
    await provider.replace({ addresses: [], ttl: 60 }, ["9.0.0.1"], patient);
    expect(fake.rrsets).toEqual([]);
    expect(updates(fake)).toEqual([]);
  });

  test("has to wait after two updates in two minutes, as long as deSEC says", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 60 });
    for (const host of [1, 2]) await provider.replace({ addresses: [`8.0.0.${host}`], ttl: 60 }, [], patient);
    const failure = await failureOf(provider.replace({ addresses: ["8.0.0.3"], ttl: 60 }, ["8.0.0.2"], patient));
    expect(failure).toMatchObject({ kind: "passing", retryAfter: "97" });
    expect((await provider.read(patient)).addresses).toEqual(["8.0.0.2"]);
    expect(fake.callsOf("PUT")).toEqual([]); // which would give the name an hour
  });

  test("and a token that may not write is access, in the words of deSEC", async () => {
    const { fake, provider } = open({ hostname: NAME, ttl: 60 });
    fake.writes = false;
    expect(await failureOf(provider.replace(set, [], patient))).toMatchObject({
      ...{ kind: "access", detail: expect.stringContaining("Insufficient token permissions.") },
    });
  });
});
