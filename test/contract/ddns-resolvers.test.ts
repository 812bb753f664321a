/** What resolvers see at real name servers while all addresses of a name are replaced again and again. */
import { expect, test } from "bun:test";

import { createSend } from "../../src/ddns/create-provider.ts";
import { type DnsServer, exchange } from "../../src/ddns/dns/exchange.ts";
import { decodeMessage, encodeMessage, TYPE } from "../../src/ddns/dns/message.ts";
import { sendDns } from "../../src/ddns/dns/send-dns.ts";
import { createPowerDns } from "../../src/ddns/providers/powerdns/powerdns.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { addressIn } from "../../src/ddns/dns/address-data.ts";
import { query, recordsOf } from "../../src/ddns/providers/rfc2136/messages.ts";
import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { startBind } from "../fakes/bind.ts";
import { type DynamicServer, SERVER } from "../fakes/dynamic-server.ts";
import { startKnot } from "../fakes/knot.ts";
import { startPowerDns } from "../fakes/powerdns-server.ts";
import { patient } from "./ddns-provider.fixture.ts";

const COUNT = 1000;

/** A name at a server that answers resolvers. */
interface Bench extends AsyncDisposable {
  readonly provider: SetProvider;
  readonly name: string;
  readonly server: DnsServer;
}

async function atDynamic(starting: Promise<DynamicServer>): Promise<Bench> {
  const { key, [Symbol.asyncDispose]: stop } = await starting;
  const name = "gw.example.com";
  const provider = createRfc2136({ hostname: name, password: key, timeout: 5000, server: SERVER, sendDns });
  return { provider, name, server: SERVER, [Symbol.asyncDispose]: stop };
}

async function atPowerDns(byUpdate: boolean): Promise<Bench> {
  const { key, tsigKey, apiUrl, server, [Symbol.asyncDispose]: stop } = await startPowerDns();
  const name = "gw.example.net";
  const settings = { hostname: name, timeout: 5000 };
  const provider = byUpdate
    ? createRfc2136({ ...settings, password: tsigKey, server, sendDns })
    : createPowerDns({ ...settings, password: key, apiUrl, send: createSend() });
  return { provider, name, server, [Symbol.asyncDispose]: stop };
}

/** The addresses in the answer to a resolver, in order. */
async function resolve({ server, name }: Bench): Promise<string> {
  const id = Math.floor(Math.random() * 65_536);
  const answer = decodeMessage(await exchange(server, encodeMessage(id, query(name, TYPE.A)), patient))!;
  return recordsOf(answer.answers, name, TYPE.A)
    .map((record) => addressIn(record, 4))
    .sort()
    .join();
}

test.each<[string, () => Promise<Bench>]>([
  ["BIND", () => atDynamic(startBind())],
  ["Knot", () => atDynamic(startKnot())],
  ["PowerDNS by its API", () => atPowerDns(false)],
  ["PowerDNS by updates", () => atPowerDns(true)],
])(
  `%s shows resolvers no empty and no mixed set in ${COUNT} replaces`,
  async (_, open) => {
    await using bench = await open();
    const sets = [1, 2].map((number) => [1, 2, 3].map((host) => `1.0.${number}.${host}`));
    const write = async (index: number): Promise<void> => {
      const addresses = sets[index % 2]!;
      const before = index === 0 ? [] : sets[(index + 1) % 2]!;
      await bench.provider.replace({ addresses, ttl: 60 }, before, patient).catch(async (error: Error) => {
        // A request that is repeated, since its answer was late, finds its own change.
        const { addresses: present } = await bench.provider.read(patient);
        if (present.toSorted().join() !== addresses.join()) throw error;
      });
    };
    await write(0);
    const seen: string[] = [];
    let isWriting = true;
    const watch = (async () => {
      while (isWriting) {
        seen.push(await resolve(bench));
      }
    })();
    try {
      for (let round = 1; round <= COUNT; round += 1) await write(round);
    } finally {
      isWriting = false;
      await watch;
    }
    expect(seen.length).toBeGreaterThan(COUNT / 10);
    expect([...new Set(seen)].sort()).toEqual(sets.map((set) => set.join()));
  },
  120_000,
);
