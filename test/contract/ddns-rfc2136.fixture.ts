import { createRfc2136 } from "../../src/ddns/providers/rfc2136/rfc2136.ts";
import { sendDns } from "../../src/ddns/dns/send-dns.ts";
import { TYPE } from "../../src/ddns/dns/message.ts";
import type { SetProvider } from "../../src/ddns/providers/provider.ts";
import { startBind } from "../fakes/bind.ts";
import { type DynamicServer, SERVER } from "../fakes/dynamic-server.ts";
import { startKnot } from "../fakes/knot.ts";
import { FakeNameServer, KEY_TEXT } from "../fakes/name-server.ts";

export interface ServerBench extends AsyncDisposable {
  readonly key: string;
  readonly idleKey: string;
  provider(hostname?: string, key?: string): SetProvider;
  /** Adds A records by other means. */
  put(name: string, ...addresses: readonly string[]): Promise<void>;
  addressesOf(name: string): Promise<string[]>;
  /** A name without records of its own, in whose zone every name has 9.0.0.9. */
  wildName(): string;
}

/** Name servers to test, each with example.com. */
export const SERVERS: readonly (readonly [string, () => Promise<ServerBench>])[] = [
  ["a name server in memory", openFake],
  ["BIND", () => openReal(startBind)],
  ["Knot", () => openReal(startKnot)],
];

async function openFake(): Promise<ServerBench> {
  const fake = new FakeNameServer();
  fake.records.push({ name: "alias.example.com", type: TYPE.CNAME, ttl: 300, data: "ns" });
  return {
    key: KEY_TEXT,
    idleKey: KEY_TEXT.replace("grm-key", "idle-key"),
    provider: (hostname = "gw.example.com", password = KEY_TEXT) =>
      createRfc2136({ hostname, password, timeout: 5000, server: SERVER, sendDns: fake.send }),
    async put(name, ...addresses) {
      fake.records.push(...addresses.map((data) => ({ name, type: TYPE.A, ttl: 60, data })));
    },
    addressesOf: async (name) => fake.addressesOf(name).sort(),
    wildName() {
      fake.wildcard = "9.0.0.9";
      return "gw.example.com";
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function openReal(start: () => Promise<DynamicServer>): Promise<ServerBench> {
  const server = await start();
  return {
    key: server.key,
    idleKey: server.idleKey,
    provider: (hostname = "gw.example.com", password = server.key) =>
      createRfc2136({ hostname, password, timeout: 5000, server: SERVER, sendDns }),
    put: (name, ...addresses) =>
      server.nsupdate(
        "example.com",
        addresses.map((address) => `update add ${name} 60 A ${address}`),
      ),
    async addressesOf(name) {
      const fields = (await server.zone(name.split(".").slice(1).join("."))).map((line) => line.split(/\s+/));
      return fields.flatMap(([owner, , , type, data]) => (owner === `${name}.` && type === "A" ? data! : [])).sort();
    },
    wildName: () => "gw.wild.example",
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
