import { createSend } from "../../src/ddns/create-provider.ts";
import { sendDns } from "../../src/ddns/dns/send-dns.ts";
import { TYPE } from "../../src/ddns/dns/message.ts";
import type { DdnsProvider } from "../../src/ddns/providers/provider.ts";
import { createCloudflare } from "../../src/ddns/providers/cloudflare/cloudflare.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { SERVER, startBind } from "../fakes/bind.ts";
import { FakeCloudflare } from "../fakes/cloudflare.ts";
import { FakeDynu } from "../fakes/dynu.ts";
import { FakeNameServer, KEY_TEXT } from "../fakes/name-server.ts";
import { FakeRecordSet } from "../fakes/record-set.ts";
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
}

/** Every provider of either kind. */
export const NAMES: readonly (readonly [string, () => Promise<NameBench>])[] = [
  ["Dynu in memory", openDynu],
  ["Cloudflare in memory", openCloudflare],
  ["a set in memory", openSet],
  ["a name server in memory (RFC 2136)", openNameServer],
  ["BIND (RFC 2136)", () => openBind()],
  ["BIND with SHA-512", () => openBind("hmac-sha512")],
];

async function openDynu(): Promise<NameBench> {
  const fake = new FakeDynu();
  const others = [
    fake.put({ nodeName: "gw2", content: "9.0.0.1" }),
    fake.put({ recordType: "AAAA", content: "2600::1" }),
    fake.put({ recordType: "TXT", content: "9.0.0.2" }),
  ].map(({ id }) => id);
  const recordsThat = (areOthers: boolean) => fake.records().filter(({ id }) => others.includes(id) === areOthers);
  return {
    provider: dynu(fake, { send: createSend(fake.fetch) }),
    async put(addresses, ttl) {
      for (const content of addresses) fake.put({ content, ttl });
    },
    held: async () => ({ addresses: fake.addresses(), ttls: recordsThat(false).map(({ ttl }) => ttl) }),
    others: async () => recordsThat(true),
    async [Symbol.asyncDispose]() {},
  };
}

async function openCloudflare(): Promise<NameBench> {
  const fake = new FakeCloudflare();
  const others = [
    fake.put({ name: "gw2.example.net", content: "9.0.0.1" }),
    fake.put({ type: "AAAA", content: "2600::1" }),
    fake.put({ content: "9.0.0.7", comment: "of another program" }),
  ].map(({ id }) => id);
  const recordsThat = (areOthers: boolean) => fake.records.filter(({ id }) => others.includes(id) === areOthers);
  const hostname = "gw.example.net";
  const send = createSend(fake.fetch);
  return {
    provider: createCloudflare({ hostname, password: fake.token, timeout: 60_000, send, adopt: false }),
    async put(addresses, ttl) {
      for (const content of addresses) fake.put({ content, ttl });
    },
    async held() {
      const own = recordsThat(false);
      return { addresses: own.map(({ content }) => content).sort(), ttls: own.map(({ ttl }) => ttl) };
    },
    others: async () => recordsThat(true),
    async [Symbol.asyncDispose]() {},
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

async function openNameServer(): Promise<NameBench> {
  const fake = new FakeNameServer();
  const isOwn = ({ name, type }: { name: string; type: number }): boolean => name === NAME && type === TYPE.A;
  fake.records.push({ name: "gw2.example.com", type: TYPE.A, ttl: 300, data: "9.0.0.1" });
  fake.records.push({ name: NAME, type: 16, ttl: 300, data: "text" });
  return {
    provider: createRfc2136({
      hostname: NAME,
      password: KEY_TEXT,
      timeout: 60_000,
      server: SERVER,
      sendDns: fake.send,
    }),
    async put(addresses, ttl) {
      fake.records.push(...addresses.map((data) => ({ name: NAME, type: TYPE.A, ttl, data })));
    },
    async held() {
      const own = fake.records.filter(isOwn);
      return { addresses: own.map(({ data }) => data).sort(), ttls: own.map(({ ttl }) => ttl) };
    },
    others: async () => fake.records.filter((record) => !isOwn(record)),
    async [Symbol.asyncDispose]() {},
  };
}

async function openBind(algorithm?: string): Promise<NameBench> {
  const bind = await startBind(algorithm);
  const own = /^gw\.example\.com\.\s+(\d+)\s+IN\s+A\s+(\S+)/;
  const zone = () => bind.zone("example.com");
  return {
    provider: createRfc2136({ hostname: NAME, password: bind.key, timeout: 60_000, server: SERVER, sendDns }),
    put: (addresses, ttl) =>
      bind.nsupdate(
        "example.com",
        addresses.map((address) => `update add ${NAME} ${ttl} A ${address}`),
      ),
    async held() {
      const found = (await zone()).map((line) => own.exec(line)).filter((match) => match !== null);
      return { addresses: found.map((match) => match[2]!).sort(), ttls: found.map((match) => Number(match[1])) };
    },
    others: async () => (await zone()).filter((line) => !own.test(line)),
    [Symbol.asyncDispose]: () => bind[Symbol.asyncDispose](),
  };
}
