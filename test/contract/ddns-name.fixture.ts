import { createSend } from "../../src/ddns/create-provider.ts";
import type { DdnsProvider } from "../../src/ddns/providers/provider.ts";
import { FakeDynu } from "../fakes/dynu.ts";
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
  ["a set in memory", openSet],
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
