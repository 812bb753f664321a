import { expect, test } from "bun:test";

import type { View } from "../../../../src/ddns/verify/views.ts";
import { type Bench, GATEWAYS, openBench, REQUIRED } from "../ddns.fixture.ts";

const [A, B] = GATEWAYS;
const MINUTE = 60_000;
const FLAGS = { "ddns-verify": "192.0.2.53", "ddns-record-ttl": "1m" };

/** A bench whose servers show the records as long as they follow them, and the number of questions. */
function open(flags: Record<string, string> = {}): {
  readonly bench: Bench;
  readonly servers: { follow: boolean; asked: number };
} {
  const servers = { follow: true, asked: 0, last: [] as readonly string[] };
  const shown = (): View[] => {
    servers.asked += 1;
    if (servers.follow) servers.last = bench.dynu.addresses();
    return [{ server: "192.0.2.53", addresses: servers.last }];
  };
  const bench: Bench = openBench({ flags: { ...FLAGS, ...flags }, shown });
  return { bench, servers };
}

test("each update is followed by a question, and by no other one once the name is shown", async () => {
  const { bench, servers } = open();
  await bench.activate(A);
  expect(bench.of("ddns-shown")).toHaveLength(1);
  await bench.activate(A, B);
  expect(bench.of("ddns-shown")).toHaveLength(2);
  await bench.pass(60 * MINUTE, 1000); // in which the records are read several times
  expect([servers.asked, bench.of("ddns-shown").length]).toEqual([2, 2]);
});

test("servers that lastingly show the old addresses are reported", async () => {
  const { bench, servers } = open();
  await bench.activate(A);
  servers.follow = false;
  await bench.activate(A, B);
  await bench.pass(15 * MINUTE, 1000);
  expect(bench.of("ddns-not-shown")).toMatchObject([
    { detail: "192.0.2.53 shows 1.0.0.1 in place of 1.0.0.1, 1.0.0.2" },
  ]);
});

test("a longer time to live that the provider stores is waited for, since resolvers remember the old addresses as long", async () => {
  const { bench, servers } = open();
  bench.dynu.quirks.storedTtl = () => 3600;
  await bench.activate(A);
  await bench.pass(10 * MINUTE, 1000);
  expect(bench.of("ddns-accepted")).toMatchObject([{ storedTtl: 3600 }]);
  servers.follow = false;
  await bench.activate(A, B);
  await bench.pass(50 * MINUTE, 1000);
  expect(bench.of("ddns-not-shown")).toEqual([]);
  await bench.pass(30 * MINUTE, 1000);
  expect(bench.of("ddns-not-shown")).toHaveLength(1);
});

test("a machine that may not write any more asks no server, since another machine changes the records", async () => {
  const { bench, servers } = open({ "ddns-require-ip-address": REQUIRED });
  bench.hold(true);
  await bench.activate(A);
  servers.follow = false;
  await bench.activate(A, B);
  bench.hold(false);
  await bench.pass(1000);
  const before = servers.asked;
  await bench.pass(30 * MINUTE, 1000);
  expect(servers.asked).toBe(before);
  expect(bench.of("ddns-not-shown")).toEqual([]);
});
