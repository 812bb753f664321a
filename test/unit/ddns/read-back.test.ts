import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../../src/ddns/read-back.ts";
import { type Bench, GATEWAYS, openBench, REQUIRED } from "./ddns.fixture.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const [A, B, C] = GATEWAYS;

let bench: Bench;
const addresses = (): string[] => bench.dynu.addresses();
const troubles = (): string[] => bench.of("ddns-trouble").map(({ detail }) => detail);

describe("a time to live that the provider replaces", () => {
  const open = (): Bench => {
    bench = openBench({ flags: { "ddns-record-ttl": "10s" } });
    bench.dynu.quirks.storedTtl = (ttl) => Math.max(30, ttl);
    return bench;
  };

  test("is accepted after three tries, with the reason", async () => {
    open();
    await bench.activate(A, B);
    await bench.pass(3 * MINUTE, SECOND);
    expect(bench.writes.length).toBeLessThanOrEqual(3 * 2 + 2); // an addition is corrected once before it is read back
    expect(new Set(troubles())).toEqual(new Set([expect.stringContaining("stores a time to live of 30s, not 10s")]));
    expect(bench.of("ddns-trouble").map(({ kind }) => kind)).toEqual(["passing", "passing"]);
    expect(bench.of("ddns-accepted")).toMatchObject([{ storedTtl: 30, ttl: 10 }]);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: ["1.0.0.1", "1.0.0.2"] });
  });

  test("is written no more once it is accepted, however long that goes on and whatever else changes", async () => {
    open();
    await bench.activate(A);
    await bench.pass(MINUTE, SECOND);
    const before = bench.writes.length;
    await bench.pass(3 * HOUR, 10 * SECOND);
    expect(bench.writes).toHaveLength(before);
    await bench.activate(A, B);
    expect(bench.writes.slice(before).length).toBeLessThanOrEqual(2);
    expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: ["1.0.0.1", "1.0.0.2"] });
  });

  test("does not make one accepted that another program writes", async () => {
    bench = openBench();
    await bench.activate(A);
    for (let round = 0; round < 5; round += 1) {
      bench.dynu.put({ ...bench.dynu.records()[0]!, ttl: 999 });
      await bench.pass(16 * MINUTE, 10 * SECOND);
    }
    expect(bench.dynu.records()).toMatchObject([{ ttl: 60 }]);
    expect(bench.of("ddns-accepted")).toEqual([]);
  });
});

describe("records that the provider stores disabled", () => {
  test("are written a few times with growing pauses, then after 15 to 60 minutes, and reported", async () => {
    bench = openBench();
    bench.dynu.quirks.disables = true;
    await bench.activate(A);
    await bench.pass(14 * MINUTE, SECOND);
    expect(bench.writes.length).toBeLessThanOrEqual(10);
    const { kind, detail } = bench.of("ddns-trouble").at(-1)!;
    expect([kind, detail]).toEqual(["refused", expect.stringContaining("stores 1.0.0.1 disabled")]);
    const waits = bench.of("ddns-trouble").map(({ waitMs }) => waitMs);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    const before = bench.writes.length;
    await bench.pass(5 * HOUR, 10 * SECOND);
    expect(bench.writes.length - before).toBeLessThanOrEqual(20);
    bench.dynu.quirks.disables = false;
    await bench.pass(61 * MINUTE, 10 * SECOND);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });
});

describe("an added record that no list shows", () => {
  test.each([
    ["because it is left out", () => void (bench.dynu.quirks.hidesAdded = true)],
    ["because it is listed under another name", () => void (bench.dynu.quirks.listedAs = "gw.example.net.example.net")],
  ])("%s, is not added again", async (_, meddle) => {
    bench = openBench();
    bench.dynu.quirks.doubles = true;
    meddle();
    await bench.activate(A, B);
    await bench.pass(5 * HOUR, 10 * SECOND);
    expect(bench.writes.filter((call) => call === "add")).toHaveLength(2);
    expect(bench.writes.length).toBeLessThan(40);
    expect(bench.dynu.records()).toHaveLength(2);
    const { kind, detail } = bench.of("ddns-trouble").at(-1)!;
    expect([kind, detail]).toEqual(["refused", expect.stringMatching(/accepted 1\.0\.0\.[12].*does not list/)]);
    expect(bench.of("ddns-verified")).toEqual([]);
  });

  test("is changed and removed all the same when other addresses are desired", async () => {
    bench = openBench();
    Object.assign(bench.dynu.quirks, { doubles: true, hidesAdded: true });
    await bench.activate(A, B);
    await bench.activate(B, C);
    await bench.pass(MINUTE, SECOND);
    expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
    expect(bench.dynu.records()).toHaveLength(2);
    await bench.activate();
    await bench.pass(MINUTE, SECOND);
    expect(bench.dynu.records()).toEqual([]);
  });

  test("and that the router with the required address removed meanwhile is added again at once", async () => {
    bench = openBench({ flags: { "ddns-require-ip-address": REQUIRED } });
    bench.dynu.quirks.hidesAdded = true;
    bench.hold(true);
    await bench.activate(A);
    bench.hold(false);
    bench.dynu.take(bench.dynu.records()[0]!.id);
    bench.hold(true);
    await bench.pass(5 * SECOND);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });

  test("and that another program removed is added again", async () => {
    bench = openBench();
    bench.dynu.quirks.hidesAdded = true;
    await bench.activate(A);
    bench.dynu.take(bench.dynu.records()[0]!.id);
    await bench.pass(2 * MINUTE, SECOND);
    expect(addresses()).toEqual(["1.0.0.1"]);
  });
});

describe("a list that is late", () => {
  test.each([5 * SECOND, 20 * SECOND, 90 * SECOND, 4 * MINUTE])(
    "by %d ms doubles no record, and the records are correct as soon as it shows them",
    async (lag) => {
      bench = openBench({ old: ["8.0.0.1"], random: () => 0.999 });
      bench.dynu.quirks.doubles = true;
      await bench.pass(10 * MINUTE, 10 * SECOND);
      bench.dynu.quirks.lag = lag;
      await bench.activate(A, B);
      await bench.activate(B, C);
      await bench.pass(3 * lag + MINUTE, SECOND);
      expect(addresses()).toEqual(["1.0.0.2", "1.0.0.3"]);
      expect(bench.dynu.records()).toHaveLength(2);
      expect(bench.of("ddns-verified").at(-1)).toMatchObject({ addresses: ["1.0.0.2", "1.0.0.3"] });
      expect(bench.writes.length).toBeLessThanOrEqual(20);
    },
  );
});

test.each([2, 6, 15].map((seconds) => seconds * SECOND))(
  "gateways that come and go while lists are late by %d ms never leave the name empty, and end in the right records",
  async (lag) => {
    bench = openBench({ random: () => 0.7 });
    const { dynu } = bench;
    Object.assign(dynu.quirks, { lag, doubles: true });
    let state = lag; // of a generator of the same numbers each time
    const pick = (count: number): number => (state = (state * 48_271) % 2_147_483_647) % count;
    await bench.activate(A);
    await bench.pass(MINUTE, SECOND);
    const since = dynu.moments.length;
    for (let step = 0; step < 300; step += 1) {
      const active = GATEWAYS.filter(() => pick(2) === 0);
      bench.ddns.setActive(active.length === 0 ? [A] : active);
      await bench.pass((1 + pick(20)) * SECOND, SECOND);
    }
    expect(dynu.moments.slice(since).filter(({ records }) => dynu.addresses(records).length === 0)).toEqual([]);
    await bench.activate(A, C);
    await bench.pass(3 * MINUTE + 10 * lag, SECOND);
    expect(
      dynu
        .records()
        .map(({ content }) => content)
        .sort(),
    ).toEqual(["1.0.0.1", "1.0.0.3"]);
  },
  20_000,
);

test("a record that another program changes back after each write is written a limited number of times", async () => {
  bench = openBench({ old: ["9.9.9.9"] });
  const { dynu } = bench;
  const undo = (): void => {
    for (const record of dynu.records()) dynu.put({ ...record, content: "9.9.9.9" });
    void dynu.next("change").then(undo);
  };
  undo();
  await bench.activate(A);
  await bench.pass(14 * MINUTE, SECOND);
  expect(bench.writes.length).toBeWithin(3, 10);
  const { kind, detail } = bench.of("ddns-trouble").at(-1)!;
  expect([kind, detail]).toEqual(["refused", expect.stringContaining("9.9.9.9 is still listed in place of 1.0.0.1")]);
});

test("writes whose read-back fails each time have growing pauses, though every write succeeds", async () => {
  bench = openBench({ flags: { "ddns-record-ttl": "10s" } });
  bench.dynu.quirks.storedTtl = () => 30;
  bench.ddns.setActive([A]);
  for (let round = 0; round < 200; round += 1) {
    for (const fault of [
      { kind: "slow", ms: 1 },
      { kind: "cut", when: "before" },
    ] as const) {
      bench.dynu.fail(fault, { call: "list" });
    }
    if (round % 2 === 1) bench.dynu.fail({ kind: "cut", when: "before" }, { call: "list" }); // without a write
  }
  await bench.pass(10 * MINUTE, 100);
  expect(bench.writes.length).toBeLessThan(20);
});

test("other desired records are written at once although the last ones were not read back as written", async () => {
  bench = openBench();
  bench.dynu.quirks.disables = true;
  await bench.activate(A);
  await bench.pass(14 * MINUTE, SECOND);
  bench.dynu.quirks.disables = false;
  await bench.activate(A, B);
  await bench.pass(SECOND);
  expect(addresses()).toEqual(["1.0.0.1", "1.0.0.2"]);
});

describe("a write that no list has shown yet", () => {
  const record = (address: string): DnsRecord => ({ id: "1", address, ttl: 60, enabled: true });
  const WRITTEN = record("1.0.0.1");

  test("counts as present, and the list as late, for a minute", () => {
    const readBack = new ReadBack();
    readBack.wrote("1", WRITTEN, 0);
    readBack.read([], MINUTE - 1);
    expect([readBack.isLate, readBack.view([], 60)]).toEqual([true, [WRITTEN]]);
    readBack.read([], MINUTE);
    expect([readBack.isLate, readBack.view([], 60)]).toEqual([false, [{ ...WRITTEN, enabled: false }]]);
  });

  test("is as old as the first one with the same address", () => {
    const readBack = new ReadBack();
    readBack.wrote("1", WRITTEN, 0);
    readBack.wrote("1", WRITTEN, MINUTE / 2);
    readBack.read([], MINUTE);
    expect(readBack.isLate).toBe(false);
    readBack.wrote("1", record("1.0.0.2"), MINUTE);
    readBack.read([], MINUTE);
    expect(readBack.isLate).toBe(true);
  });

  test("is forgotten after a minute when the list has another address for the record", () => {
    const readBack = new ReadBack();
    const listed = [record("8.8.8.8")];
    readBack.wrote("1", WRITTEN, 0);
    readBack.read(listed, MINUTE - 1);
    expect(readBack.compare(listed, new Map())?.detail).toContain("8.8.8.8 is still listed in place of 1.0.0.1");
    readBack.read(listed, MINUTE);
    expect(readBack.compare(listed, new Map())).toBeUndefined();
  });
});

test("an address of a set that is not listed has no number of a record in the message", () => {
  const readBack = new ReadBack();
  readBack.wrote("1.0.0.1", { id: "1.0.0.1", address: "1.0.0.1", ttl: 60, enabled: true }, 0);
  readBack.read([], 1000);
  expect(readBack.compare([], new Map())?.detail).toBe("the provider accepted 1.0.0.1 but does not list it");
});
