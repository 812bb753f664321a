import { createSend } from "../../src/ddns/create-provider.ts";
import { sendDns } from "../../src/ddns/dns/send-dns.ts";
import { RECORD_TYPES } from "../../src/ddns/record-type.ts";
import type { DdnsProvider } from "../../src/ddns/providers/provider.ts";
import { addressType } from "../../src/ddns/dns/address-data.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import type { Family } from "../../src/net/address.ts";
import { startBind } from "../fakes/bind.ts";
import { type DynamicServer, SERVER } from "../fakes/dynamic-server.ts";
import { startKnot } from "../fakes/knot.ts";
import type { FakeHttpApi } from "../fakes/http-api.ts";
import { FakeDynu } from "../fakes/dynu.ts";
import { FakeNameServer, KEY_TEXT } from "../fakes/name-server.ts";
import { startPowerDns } from "../fakes/powerdns-server.ts";
import { FakeRecordSet } from "../fakes/record-set.ts";
import { inFamily } from "./ddns-address.fixture.ts";
import { HTTP_NAMES } from "./ddns-name-http.fixture.ts";
import { dynu } from "./ddns-provider.fixture.ts";

/** A name at a provider of either kind, and direct access to its zone. */
export interface NameBench extends AsyncDisposable {
  readonly provider: DdnsProvider;
  /** Gives the name these addresses, each once. */
  put(addresses: readonly string[], ttl: number): Promise<void>;
  /** What the name has: its addresses in order, and their times to live. */
  held(): Promise<{ readonly addresses: readonly string[]; readonly ttls: readonly number[] }>;
  /** What else the zone has, in any form. */
  others(): Promise<unknown>;
  /** Of a provider with an HTTP API: its fake, and a provider for the same name on another router. */
  readonly http?: { readonly fake: FakeHttpApi; readonly another: () => DdnsProvider };
}

/** Every provider of either kind, for the records of a family. */
export const NAMES: readonly (readonly [string, (family: Family) => Promise<NameBench>])[] = [
  ["Dynu in memory", openDynu],
  ...HTTP_NAMES,
  ["a set in memory", openSet],
  ["a name server in memory (RFC 2136)", openNameServer],
  ["PowerDNS", (family) => openPowerDnsServer(family)],
  ["PowerDNS (RFC 2136)", (family) => openPowerDnsServer(family, true)],
  ["BIND (RFC 2136)", (family) => openReal(family, startBind())],
  ["BIND with SHA-512", (family) => openReal(family, startBind("hmac-sha512"))],
  ["Knot (RFC 2136)", (family) => openReal(family, startKnot())],
];

const OTHER: Readonly<Record<Family, Family>> = { 4: 6, 6: 4 };

async function openDynu(family: Family): Promise<NameBench> {
  const fake = new FakeDynu();
  const recordType = RECORD_TYPES[family];
  const others = [
    fake.put({ nodeName: "gw2", recordType, content: inFamily(family, "9.0.0.1") }),
    fake.put({ recordType: RECORD_TYPES[OTHER[family]], content: inFamily(OTHER[family], "9.0.0.1") }),
    fake.put({ recordType: "TXT", content: "9.0.0.2" }),
  ].map(({ id }) => id);
  const recordsThat = (areOthers: boolean) => fake.records().filter(({ id }) => others.includes(id) === areOthers);
  return {
    provider: dynu(fake, { family, send: createSend(fake.fetch) }),
    async put(addresses, ttl) {
      for (const content of addresses) fake.put({ recordType, content, ttl });
    },
    held: async () => ({
      addresses: fake.addresses(undefined, recordType),
      ttls: recordsThat(false).map(({ ttl }) => ttl),
    }),
    others: async () => recordsThat(true),
    async [Symbol.asyncDispose]() {},
  };
}

const HOST = "gw.example.net";

/** @param byUpdate whether it takes updates of RFC 2136, and not requests to its API */
async function openPowerDnsServer(family: Family, byUpdate = false): Promise<NameBench> {
  const server = await startPowerDns();
  const type = RECORD_TYPES[family];
  server.put("example.net", HOST, RECORD_TYPES[OTHER[family]], [inFamily(OTHER[family], "9.0.0.1")], 300);
  const zone = () => server.zone("example.net").map((line) => line.split(" "));
  const isOwn = ([name, , of]: readonly string[]): boolean => name === HOST && of === type;
  const { key, tsigKey, apiUrl } = server;
  const settings = { hostname: HOST, family, timeout: 60_000 };
  return {
    provider: byUpdate
      ? createRfc2136({ ...settings, password: tsigKey, server: server.server, sendDns })
      : createPowerDns({ ...settings, password: key, apiUrl, send: createSend() }),
    put: async (addresses, ttl) => server.put("example.net", HOST, type, addresses, ttl),
    async held() {
      const own = zone().filter(isOwn);
      return { addresses: own.map(([, , , address]) => address!).sort(), ttls: own.map(([, ttl]) => Number(ttl)) };
    },
    others: async () => zone().filter((words) => !isOwn(words)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function openSet(): Promise<NameBench> {
  const provider = new FakeRecordSet();
  return {
    provider,
    put: async (addresses, ttl) => provider.put(addresses, ttl),
    held: async () => ({ addresses: provider.addresses, ttls: provider.addresses.map(() => provider.ttl!) }),
    others: async () => [],
    async [Symbol.asyncDispose]() {},
  };
}

const NAME = "gw.example.com";

async function openNameServer(family: Family): Promise<NameBench> {
  const fake = new FakeNameServer();
  const type = addressType(family);
  const other = { type: addressType(OTHER[family]), data: inFamily(OTHER[family], "9.0.0.1") };
  const isOwn = (record: { name: string; type: number }): boolean => record.name === NAME && record.type === type;
  fake.records.push({ name: "gw2.example.com", type, ttl: 300, data: inFamily(family, "9.0.0.1") });
  fake.records.push({ name: NAME, ttl: 300, ...other });
  fake.records.push({ name: NAME, type: 16, ttl: 300, data: "text" });
  return {
    provider: createRfc2136({
      hostname: NAME,
      family,
      password: KEY_TEXT,
      timeout: 60_000,
      server: SERVER,
      sendDns: fake.send,
    }),
    async put(addresses, ttl) {
      fake.records.push(...addresses.map((data) => ({ name: NAME, type, ttl, data })));
    },
    async held() {
      const own = fake.records.filter(isOwn);
      return { addresses: own.map(({ data }) => data).sort(), ttls: own.map(({ ttl }) => ttl) };
    },
    others: async () => fake.records.filter((record) => !isOwn(record)),
    async [Symbol.asyncDispose]() {},
  };
}

async function openReal(family: Family, starting: Promise<DynamicServer>): Promise<NameBench> {
  const server = await starting;
  const [type, other] = [RECORD_TYPES[family], RECORD_TYPES[OTHER[family]]];
  const own = new RegExp(String.raw`^gw\.example\.com\.\s+(\d+)\s+IN\s+${type}\s+(\S+)`);
  await server.nsupdate("example.com", [`update add ${NAME} 300 ${other} ${inFamily(OTHER[family], "9.0.0.1")}`]);
  const zone = () => server.zone("example.com");
  return {
    provider: createRfc2136({ hostname: NAME, family, password: server.key, timeout: 60_000, server: SERVER, sendDns }),
    put: (addresses, ttl) =>
      server.nsupdate(
        "example.com",
        addresses.map((address) => `update add ${NAME} ${ttl} ${type} ${address}`),
      ),
    async held() {
      const found = (await zone()).map((line) => own.exec(line)).filter((match) => match !== null);
      return { addresses: found.map((match) => match[2]!).sort(), ttls: found.map((match) => Number(match[1])) };
    },
    others: async () => (await zone()).filter((line) => !own.test(line)),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
