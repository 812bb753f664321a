import { describe, expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import type { ProviderSettings, SetProvider } from "../../src/ddns/providers/provider.ts";
import { FakePowerDns } from "../fakes/powerdns.ts";
import { startPowerDns } from "../fakes/powerdns-server.ts";
import { testFailures } from "./ddns-http-provider.fixture.ts";
import { failureOf, patient, textOf } from "./ddns-provider.fixture.ts";

type Settings = Partial<ProviderSettings>;

/** A PowerDNS, its provider, and access to its records by other means. */
interface Bench extends AsyncDisposable {
  readonly apiUrl: string;
  provider(own?: Settings): SetProvider;
  put(zone: string, name: string, type: string, contents: readonly string[], ttl: number): void;
  /** The contents of a name and a type in a zone. */
  contentsOf(zone: string, name: string, type: string): readonly string[];
}

async function openFake(): Promise<Bench> {
  const fake = new FakePowerDns();
  fake.put("alias.example.net.", "CNAME", ["gw2.example.net."], 300);
  return {
    apiUrl: fake.apiUrl,
    provider: (own) => providerOf(fake, own),
    put: (zone, name, type, contents, ttl) => fake.put(`${name}.`, type, contents, ttl, `${zone}.`),
    contentsOf: (zone, name, type) =>
      (fake.of(`${zone}.`).find((one) => one.name === `${name}.` && one.type === type)?.records ?? [])
        .map(({ content }) => content)
        .sort(),
    async [Symbol.asyncDispose]() {},
  };
}

function providerOf({ secret, apiUrl, fetch }: FakePowerDns, own: Settings = {}): SetProvider {
  const settings = { hostname: "gw.example.net", password: secret, timeout: 60_000, apiUrl, send: createSend(fetch) };
  return createPowerDns({ ...settings, ...own });
}

async function openReal(): Promise<Bench> {
  const server = await startPowerDns();
  const { key: password, apiUrl } = server;
  return {
    apiUrl,
    provider: (own) =>
      createPowerDns({ hostname: "gw.example.net", password, apiUrl, timeout: 60_000, send: createSend(), ...own }),
    put: (...words) => server.put(...words),
    contentsOf: (zone, name, type) =>
      server.zone(zone).flatMap((line) => {
        const [owner, , of, content] = line.split(" ");
        return owner === name && of === type ? [content!] : [];
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

const set = { addresses: ["8.0.0.8"], ttl: 60 };

describe.each([
  ["PowerDNS in memory", openFake],
  ["PowerDNS", openReal],
] as const)("%s", (_, open) => {
  test("has records of the name and the type, and time to live", async () => {
    await using bench = await open();
    bench.put("example.net", "gw.example.net", "A", ["1.0.0.1", "1.0.0.2"], 300);
    bench.put("example.net", "gw.example.net", "AAAA", ["2600::1"], 900);
    const { addresses, ttl } = await bench.provider().read(patient);
    expect([addresses.toSorted(), ttl]).toEqual([["1.0.0.1", "1.0.0.2"], 300]);
    const ipv6 = bench.provider({ family: 6, hostname: "GW.example.NET" });
    expect(await ipv6.read(patient)).toEqual({ addresses: ["2600::1"], ttl: 900 });
  });

  test("is written at a base URL with and without the path of its API", async () => {
    await using bench = await open();
    for (const [path, address] of [
      ["", "1.0.0.1"],
      ["/api/v1", "1.0.0.2"],
    ] as const) {
      const provider = bench.provider({ apiUrl: `${bench.apiUrl}${path}` });
      await provider.replace({ addresses: [address], ttl: 60 }, [], patient);
      expect(bench.contentsOf("example.net", "gw.example.net", "A")).toEqual([address]);
    }
  });

  test("gets the records into the longest zone that holds the name", async () => {
    await using bench = await open();
    await bench.provider({ hostname: "gw.vpn.example.net" }).replace(set, [], patient);
    expect(bench.contentsOf("vpn.example.net", "gw.vpn.example.net", "A")).toEqual(["8.0.0.8"]);
    await bench.provider({ hostname: "gw.office.example.net" }).replace(set, [], patient);
    expect(bench.contentsOf("example.net", "gw.office.example.net", "A")).toEqual(["8.0.0.8"]);
    await bench.provider({ hostname: "router.lan" }).replace(set, [], patient);
    expect(bench.contentsOf("lan", "router.lan", "A")).toEqual(["8.0.0.8"]);
  });

  test("gets records at the start of a zone", async () => {
    await using bench = await open();
    const provider = bench.provider({ hostname: "example.net" });
    await provider.replace(set, [], patient);
    expect(await provider.read(patient)).toEqual(set);
  });

  test("with another key: access, and the setting is named", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider({ password: "wr0ng-key" }).read(patient));
    expect(failure).toMatchObject({ kind: "access", remedy: expect.stringContaining("api-key of pdns.conf") });
    expect(textOf(failure)).not.toContain("wr0ng-key");
  });

  test("without a zone that holds the name: access", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider({ hostname: "gw.example.org" }).read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringContaining("gw.example.org") });
  });

  test("that has the zone from another server: access, since that one would undo the change", async () => {
    await using bench = await open();
    const provider = bench.provider({ hostname: "gw.copy.example" });
    expect(await failureOf(provider.read(patient))).toMatchObject({
      kind: "access",
      remedy: expect.stringContaining("primary server"),
    });
    expect((await failureOf(provider.replace(set, [], patient))).kind).toBe("access");
    expect(bench.contentsOf("copy.example", "gw.copy.example", "A")).toEqual([]);
  });

  test("that has the name as an alias: access when it is read, and refused when it is written", async () => {
    await using bench = await open();
    const provider = bench.provider({ hostname: "alias.example.net" });
    const failure = await failureOf(provider.read(patient));
    expect(failure).toMatchObject({ kind: "access", detail: expect.stringContaining("alias (CNAME)") });
    const refusal = await failureOf(provider.replace(set, [], patient));
    expect(refusal).toMatchObject({ kind: "refused", detail: expect.stringContaining("Conflicts") });
  });

  test("is asked nothing after an abort", async () => {
    await using bench = await open();
    const failure = await failureOf(bench.provider().replace(set, [], AbortSignal.abort()));
    expect(failure.kind).toBe("passing");
    expect(bench.contentsOf("example.net", "gw.example.net", "A")).toEqual([]);
  });
});

const decline = (status: number, error: string) => ({ status, body: JSON.stringify({ error }) });

testFailures({
  open(password) {
    const fake = new FakePowerDns();
    return { fake, provider: providerOf(fake, password === undefined ? {} : { password }) };
  },
  writes: "PATCH",
  decline,
  declined: [
    ["a wrong key", decline(401, "Unauthorized"), "access", "access"],
    ["a zone that is gone", decline(404, "Not Found"), "access", "access"],
    ["an invalid field", decline(422, "Record x"), "access", "refused"],
    ["a page of a proxy, 404", { status: 404, body: "<html>" }, "passing", "passing"],
  ],
  garbage: [
    ...["<html>", "[]", "{}", '{"rrsets":[{"name":"gw.example.net.","type":"A","ttl":60}]}'],
    '{"rrsets":[{"name":"gw.example.net.","type":"A","ttl":60,"records":[{"content":"2600::1","disabled":false}]}]}',
  ],
});

describe("PowerDNS in memory alone", () => {
  test("may answer with all names, as old versions do, and with disabled records", async () => {
    const fake = new FakePowerDns();
    fake.answersAll = true;
    fake.put("gw2.example.net.", "A", ["9.0.0.1"], 300);
    fake.put("gw.example.net.", "A", ["1.0.0.1"], 60);
    fake.rrsets.set("example.net.", [
      ...fake.of("example.net.").filter(({ name }) => name !== "gw.example.net."),
      {
        ...{ name: "gw.example.net.", type: "A", ttl: 60 },
        records: [
          { content: "1.0.0.1", disabled: false },
          { content: "1.0.0.2", disabled: true },
        ],
      },
    ]);
    expect(await providerOf(fake).read(patient)).toEqual({ addresses: ["1.0.0.1"], ttl: 60 });
  });

  test("is asked for the zone once, and again after that was gone", async () => {
    const fake = new FakePowerDns();
    const provider = providerOf(fake);
    const searches = (): number => fake.calls.filter(({ path }) => path.includes("?zone=example.net.")).length;
    await provider.read(patient);
    await provider.replace(set, [], patient);
    expect(searches()).toBe(1);
    fake.fail("PATCH", decline(404, "Not Found"));
    await failureOf(provider.replace(set, [], patient));
    await provider.replace(set, [], patient);
    expect(searches()).toBe(2);
  });
});
