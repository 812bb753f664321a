import { describe, expect, test } from "bun:test";

import type { Claim, DesiredRecords } from "../../src/ddns/plan-records.ts";
import { ReadBack } from "../../src/ddns/read-back.ts";
import { type Outcome, updateRecords } from "../../src/ddns/update.ts";
import { FAMILIES } from "../../src/net/address.ts";
import { RECORD_TYPES } from "../../src/ddns/record-type.ts";
import { inFamily } from "./ddns-address.fixture.ts";
import { type NameBench, NAMES } from "./ddns-name.fixture.ts";
import { patient } from "./ddns-provider.fixture.ts";

/** In seconds; every provider takes it. */
const TTL = 600;

/** One update towards these addresses. */
function update(
  { provider }: NameBench,
  addresses: readonly string[],
  more: Partial<DesiredRecords> = {},
  signal = patient,
): Promise<Outcome> {
  const claimOn = (): Claim => "none";
  const desired = { addresses, unknown: [], claimOn, mayBeEmpty: addresses.length === 0, ...more };
  const writeGate = { allowed: true, confirm: async () => true };
  const options = { provider, ttl: TTL, desired: () => desired, writeGate, callLimit: 10_000 };
  return updateRecords(options, new ReadBack(), signal);
}

/** What is right after an update without failure. */
const done = (addresses: readonly string[]): Partial<Outcome> => ({ end: "correct", addresses, retained: [] });

/** Each provider for the records of each family. */
const BENCHES = NAMES.flatMap(([title, open]) =>
  FAMILIES.map((family) => [title, RECORD_TYPES[family], () => open(family), family] as const),
);

describe.each(BENCHES)("a name at %s, %s records", (_, __, open, family) => {
  const of = (...addresses: readonly string[]): string[] => addresses.map((one) => inFamily(family, one));

  test.each([
    ["nothing", [], ["1.0.0.1", "1.0.0.2"]],
    ["one address", ["1.0.0.1"], ["1.0.0.1", "1.0.0.2"]],
    ["more than it should", ["1.0.0.1", "1.0.0.2", "1.0.0.3"], ["1.0.0.2"]],
    ["only others", ["9.0.0.1", "9.0.0.2"], ["1.0.0.1", "1.0.0.2", "1.0.0.3"]],
    ["what it should no longer have", ["9.0.0.1", "9.0.0.2"], []],
  ])("that has %s gets exactly what is desired, and nothing else in its zone changes", async (___, given, wanted) => {
    const [old, desired] = [of(...given), of(...wanted)];
    await using bench = await open();
    await bench.put(old, TTL);
    const others = await bench.others();
    expect(await update(bench, desired)).toMatchObject(done(desired));
    expect(await bench.held()).toEqual({ addresses: [...desired], ttls: desired.map(() => TTL) });
    expect(await bench.others()).toEqual(others);
  });

  test("gets the desired time to live", async () => {
    await using bench = await open();
    await bench.put(of("1.0.0.1", "1.0.0.2"), 3600);
    expect(await update(bench, of("1.0.0.1", "1.0.0.2"))).toMatchObject(done(of("1.0.0.1", "1.0.0.2")));
    expect((await bench.held()).ttls).toEqual([TTL, TTL]);
  });

  test("that is right is not written", async () => {
    await using bench = await open();
    await bench.put(of("1.0.0.1", "1.0.0.2"), TTL);
    expect(await update(bench, of("1.0.0.2", "1.0.0.1"))).toMatchObject({ end: "correct", changes: [] });
  });

  test("holds as many addresses as are desired", async () => {
    await using bench = await open();
    const many = Array.from({ length: 60 }, (___, host) => inFamily(family, `1.0.0.${host + 1}`));
    expect(await update(bench, many)).toMatchObject(done(many));
    expect(await update(bench, of("1.0.0.7"))).toMatchObject(done(of("1.0.0.7")));
  });

  test("keeps what may be the address of a gateway whose own is unknown", async () => {
    await using bench = await open();
    await bench.put(of("1.0.0.1", "9.0.0.1"), TTL);
    const claimOn = (address: string): Claim => (address === inFamily(family, "9.0.0.1") ? "likely" : "none");
    const outcome = await update(bench, of("1.0.0.2"), { unknown: of("10.0.0.1"), claimOn });
    expect(outcome).toMatchObject({ end: "correct", retained: of("9.0.0.1") });
    expect((await bench.held()).addresses).toEqual(of("1.0.0.2", "9.0.0.1"));
  });

  test("is never emptied while nothing is known", async () => {
    await using bench = await open();
    await bench.put(of("1.0.0.1", "1.0.0.2"), TTL);
    await update(bench, [], { mayBeEmpty: false });
    expect((await bench.held()).addresses).toHaveLength(1);
  });

  test("is left alone by an update that is aborted beforehand", async () => {
    await using bench = await open();
    await bench.put(of("1.0.0.1"), TTL);
    const { end } = await update(bench, of("1.0.0.2"), {}, AbortSignal.abort());
    expect(end).toMatchObject({ kind: "passing" });
    expect((await bench.held()).addresses).toEqual(of("1.0.0.1"));
  });
});
