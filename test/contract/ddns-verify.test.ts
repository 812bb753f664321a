/** How servers are asked for a name: a real BIND, and name servers that are found by the resolver of the machine. */
import { afterEach, expect, spyOn, test } from "bun:test";
import dns from "node:dns/promises";

import { createAskServers } from "../../src/ddns/verify/ask-servers.ts";
import { startBind } from "../fakes/bind.ts";
import { SERVER } from "../fakes/dynamic-server.ts";
import { patient } from "./ddns-provider.fixture.ts";

const spies: { mockRestore(): void }[] = [];

afterEach(() => spies.splice(0).forEach((spy) => spy.mockRestore()));

const missing = (code: string) => Object.assign(new Error(`queryNs ${code}`), { code });

/** The zones that the resolver of the machine knows, each with its name servers. */
function knowZones(zones: Readonly<Record<string, readonly string[]>>): void {
  spies.push(
    spyOn(dns, "resolveNs").mockImplementation(async (name) => {
      const found = zones[name];
      if (!found) throw missing(name.startsWith("gw") ? "ENOTFOUND" : "ENODATA");
      return [...found];
    }),
    spyOn(dns, "lookup").mockImplementation((async (name: string) => {
      if (name === "ns3.example.com") throw missing("ENOTFOUND");
      return name === "ns.example.com"
        ? [{ address: "127.0.0.1", family: 4 }]
        : [
            { address: "127.0.0.2", family: 4 },
            { address: "::1", family: 6 },
          ];
    }) as never),
  );
}

test("a server is asked for the addresses of each family", async () => {
  await using bind = await startBind();
  await bind.nsupdate("example.com", [
    ...["1.0.0.1", "1.0.0.2"].map((one) => `update add gw.example.com 60 A ${one}`),
    "update add gw.example.com 60 AAAA 2600::1",
  ]);
  const [ipv4, ipv6] = ([4, 6] as const).map((family) => createAskServers(SERVER, "GW.example.com", family));
  const [view] = await ipv4!(patient);
  expect(view).toMatchObject({ server: "127.0.0.1" });
  expect("addresses" in view! && view.addresses.toSorted()).toEqual(["1.0.0.1", "1.0.0.2"]);
  expect(await ipv6!(patient)).toEqual([{ server: "127.0.0.1", addresses: ["2600::1"] }]);
});

test("addresses are found behind an alias, of which there may be as many as fit no packet", async () => {
  await using bind = await startBind();
  const many = Array.from({ length: 60 }, (_, host) => `1.0.0.${host + 1}`);
  await bind.nsupdate("example.com", [
    ...many.map((one) => `update add ns.example.com 60 A ${one}`),
    "update delete ns.example.com A 192.0.2.53",
  ]);
  const [view] = await createAskServers(SERVER, "alias.example.com", 4)(patient);
  expect("addresses" in view! && view.addresses.toSorted()).toEqual(many.toSorted());
});

test("a name without addresses has none, whether it exists or not", async () => {
  await using _ = await startBind();
  for (const name of ["gw.example.com", "none.example.com"]) {
    expect(await createAskServers(SERVER, name, 4)(patient)).toEqual([{ server: "127.0.0.1", addresses: [] }]);
  }
});

test("a server that does not answer, or not for the zone, is a view that says so", async () => {
  await using _ = await startBind();
  const closed = { address: "127.0.0.1", port: 54 };
  expect(await createAskServers(closed, "gw.example.com", 4)(patient)).toEqual([
    { server: "127.0.0.1", error: "connection refused" },
  ]);
  expect(await createAskServers(SERVER, "gw.example.org", 4)(patient)).toEqual([
    { server: "127.0.0.1", error: "response code 5" },
  ]);
});

test("authoritative servers are those of the longest zone, each asked at its first address of IPv4", async () => {
  await using bind = await startBind();
  await bind.nsupdate("example.com", ["update add gw.example.com 60 A 1.0.0.1"]);
  knowZones({ "example.com": ["ns.example.com", "ns2.example.com", "ns3.example.com"], com: ["a.example"] });
  expect(await createAskServers("authoritative", "gw.example.com", 4)(patient)).toEqual([
    { server: "ns.example.com", addresses: ["1.0.0.1"] },
    { server: "ns2.example.com", error: "connection refused" },
    { server: "ns3.example.com", error: "the host name cannot be resolved (ENOTFOUND)" },
  ]);
});

test("a zone that is not found has no servers, and a resolver that fails is an error", async () => {
  knowZones({});
  expect(await createAskServers("authoritative", "gw.example.com", 4)(patient)).toEqual([]);
  spies.push(spyOn(dns, "resolveNs").mockRejectedValue(missing("ESERVFAIL")));
  const asked = createAskServers("authoritative", "gw.example.com", 4)(patient);
  expect(await asked.catch((error: Error) => error.message)).toBe(
    "the resolver of this machine does not find the name servers of gw.example.com (ESERVFAIL)",
  );
});
