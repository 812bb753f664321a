import { describe, expect, test } from "bun:test";

import { FAMILIES } from "../../../src/net/address.ts";
import { type Bench, GATEWAYS, GATEWAYS_IPV6, openBench, REQUIRED } from "./ddns.fixture.ts";

const [A, B] = GATEWAYS;
const [A6, B6] = GATEWAYS_IPV6;

let bench: Bench;

/** What the name resolves to, by type. */
const held = (): string[][] => [bench.dynu.addresses(), bench.dynu.addresses(undefined, "AAAA")];

async function activate(ipv4: readonly string[], ipv6: readonly string[]): Promise<void> {
  bench.names.get(4)!.setActive(ipv4);
  bench.names.get(6)!.setActive(ipv6);
  await bench.pass(3000);
}

describe("a name of both families", () => {
  test("has the addresses of the active gateways of each in records of its type", async () => {
    bench = openBench({ families: FAMILIES, old: ["9.0.0.9"] });
    bench.dynu.put({ recordType: "AAAA", content: "2600::99" });
    await activate([A], [A6, B6]);
    expect(held()).toEqual([["1.0.0.1"], ["2600::1", "2600::2"]]);
    await activate([A, B], [B6]);
    expect(held()).toEqual([["1.0.0.1", "1.0.0.2"], ["2600::2"]]);
  });

  test("keeps the records of one while no gateway of the other is active", async () => {
    bench = openBench({ families: FAMILIES });
    await activate([A], [A6]);
    await activate([A], []);
    expect(held()).toEqual([["1.0.0.1"], []]);
    await activate([], [A6]);
    expect(held()).toEqual([[], ["2600::1"]]);
  });

  test("keeps records of IPv6 while gateways report addresses of IPv4 alone, and those of IPv4 are right", async () => {
    bench = openBench({ families: FAMILIES });
    bench.dynu.put({ recordType: "AAAA", content: "2600::1" });
    for (const gateway of [A6, B6]) bench.services.set(gateway, "1.0.0.1");
    await activate([A, B], [A6, B6]);
    await bench.pass(60 * 60_000, 60_000);
    expect(held()).toEqual([["1.0.0.1", "1.0.0.2"], ["2600::1"]]);
    const failures = bench.of("public-ip").filter(({ gateway }) => gateway === A6);
    for (const { result } of failures) expect(result).toMatchObject({ code: "not-an-address" });
  });

  test("is right in one while the provider declines the records of the other", async () => {
    bench = openBench({ families: FAMILIES, quota: 2 });
    bench.dynu.put({ recordType: "AAAA", content: "2600::1" });
    bench.dynu.put({ recordType: "AAAA", content: "2600::2" });
    await activate([A], [A6, B6]);
    expect(held()).toEqual([[], ["2600::1", "2600::2"]]);
    const troubled = bench.of("ddns-trouble").map(({ kind, family }) => [kind, family ?? 4]);
    expect(troubled).toEqual([["quota", 4]]);
    const verified = bench.of("ddns-verified").map(({ addresses, family }) => [addresses, family]);
    expect(verified).toEqual([[["2600::1", "2600::2"], 6]]);
  });

  test.each([REQUIRED, "fd00::100"])("is written in both while this machine has %s", async (required) => {
    bench = openBench({ families: FAMILIES, flags: { "ddns-require-ip-address": required } });
    const hold = async (addresses: readonly string[]): Promise<void> => {
      bench.addresses = addresses;
      for (const [family, ddns] of bench.names) {
        ddns.setAddresses(addresses.filter((one) => one.includes(":") === (family === 6)));
      }
      await bench.pass(3000);
    };
    await hold(["192.168.1.7", "fd00::7"]);
    await activate([A], [A6]);
    expect(held()).toEqual([[], []]);
    await hold(["192.168.1.7", "fd00::7", required]);
    expect(held()).toEqual([["1.0.0.1"], ["2600::1"]]);
    await hold(["192.168.1.7", "fd00::7"]);
    await activate([B], [B6]);
    expect(held()).toEqual([["1.0.0.1"], ["2600::1"]]);
  });
});
