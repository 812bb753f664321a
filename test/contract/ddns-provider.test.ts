import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../src/ddns/providers/provider.ts";
import type { FakeDynu } from "../fakes/dynu.ts";
import { failureOf, patient, PROVIDERS, recordOf } from "./ddns-provider.fixture.ts";

const byId = (one: DnsRecord, other: DnsRecord): number => Number(one.id) - Number(other.id);

/** Adds records that must never be touched: neighbours of the name, of every kind. */
function addNeighbours(fake: FakeDynu): void {
  fake.put({ nodeName: "gw2", content: "9.0.0.1" });
  fake.put({ nodeName: "a.gw", content: "9.0.0.2" });
  fake.put({ nodeName: "*", content: "9.0.0.3" });
  fake.put({ nodeName: "", content: "9.0.0.4" });
  fake.put({ recordType: "AAAA", content: "2600::1" });
  fake.put({ recordType: "TXT", content: "9.0.0.5" });
  fake.put({ nodeName: "www", recordType: "CNAME", content: fake.hostname });
}

describe.each(PROVIDERS)("%s", (_, { open }) => {
  describe("list", () => {
    test("is empty where the name has no records", async () => {
      using bench = open();
      expect(await bench.provider.list(patient)).toEqual([]);
    });

    test("finds the A records of the name, enabled or not, in any letter case, and nothing else", async () => {
      using bench = open();
      addNeighbours(bench.fake);
      const own = [
        bench.fake.put({ content: "1.0.0.1" }),
        bench.fake.put({ content: "1.0.0.2", ttl: 3600 }),
        bench.fake.put({ content: "1.0.0.3", state: false, nodeName: "Gw" }),
      ];
      // The fake spells names and orders records in another way each time.
      for (let round = 0; round < 6; round++) {
        expect((await bench.provider.list(patient)).sort(byId)).toEqual(own.map(recordOf));
      }
    });

    test("finds them as well where the name is given in another letter case", async () => {
      using bench = open({}, { hostname: "GW.Example.NET" });
      const record = bench.fake.put({ content: "1.0.0.1" });
      expect(await bench.provider.list(patient)).toEqual([recordOf(record)]);
    });

    test("reads the records anew each time", async () => {
      using bench = open();
      const first = bench.fake.put({ content: "1.0.0.1" });
      await bench.provider.list(patient);
      bench.fake.take(first.id);
      const second = bench.fake.put({ content: "1.0.0.2" });
      expect(await bench.provider.list(patient)).toEqual([recordOf(second)]);
    });
  });

  describe("change", () => {
    test("keeps the record, and sets address and TTL", async () => {
      using bench = open();
      const { id } = bench.fake.put({ content: "1.0.0.1", ttl: 90 });
      const [record] = await bench.provider.list(patient);
      await bench.provider.change(record!, { address: "8.0.0.2", ttl: 120 }, patient);
      const changed = { id: String(id), address: "8.0.0.2", ttl: 120, enabled: true };
      expect(await bench.provider.list(patient)).toEqual([changed]);
    });

    test("enables a disabled record", async () => {
      using bench = open();
      const record = recordOf(bench.fake.put({ content: "1.0.0.1", ttl: 90, state: false }));
      await bench.provider.change(record, { address: "1.0.0.1", ttl: 90 }, patient);
      expect(await bench.provider.list(patient)).toEqual([{ ...record, enabled: true }]);
      expect(bench.fake.addresses()).toEqual(["1.0.0.1"]);
    });

    test("works where the account is full", async () => {
      using bench = open({ quota: 1 });
      const record = recordOf(bench.fake.put({ content: "1.0.0.1" }));
      await bench.provider.change(record, { address: "8.0.0.2", ttl: 60 }, patient);
      expect(bench.fake.addresses()).toEqual(["8.0.0.2"]);
    });

    test("of a record that is gone is passing, since a new list helps, and makes no record", async () => {
      using bench = open();
      const record = bench.fake.put({ content: "1.0.0.1" });
      bench.fake.take(record.id);
      const change = bench.provider.change(recordOf(record), { address: "8.0.0.2", ttl: 60 }, patient);
      expect(await failureOf(change)).toMatchObject({ kind: "passing", gone: true });
      expect(bench.fake.records()).toEqual([]);
    });
  });

  describe("add", () => {
    test("makes an enabled record and returns it", async () => {
      using bench = open();
      const added = await bench.provider.add({ address: "8.0.0.2", ttl: 120 }, patient);
      expect(added).toMatchObject({ address: "8.0.0.2", ttl: 120, enabled: true });
      expect(await bench.provider.list(patient)).toEqual([added]);
      expect(bench.fake.addresses()).toEqual(["8.0.0.2"]);
    });

    test("what is there already counts as added, however the provider answers", async () => {
      using bench = open();
      const there = recordOf(bench.fake.put({ content: "8.0.0.2", ttl: 120 }));
      for (let round = 0; round < 4; round++) {
        expect(await bench.provider.add({ address: "8.0.0.2", ttl: 120 }, patient)).toEqual(there);
      }
      expect(bench.fake.records()).toHaveLength(1);
    });

    test("what is there with other content is returned as it is", async () => {
      using bench = open();
      const there = recordOf(bench.fake.put({ content: "8.0.0.2", ttl: 120, state: false }));
      for (let round = 0; round < 4; round++) {
        expect(await bench.provider.add({ address: "8.0.0.2", ttl: 60 }, patient)).toEqual(there);
      }
    });

    test("works again after a cut that hid its success", async () => {
      using bench = open();
      bench.fake.fail({ kind: "cut", when: "after" }, { call: "add" });
      const content = { address: "8.0.0.2", ttl: 120 };
      await failureOf(bench.provider.add(content, patient));
      const added = await bench.provider.add(content, patient);
      expect(await bench.provider.list(patient)).toEqual([added]);
    });

    test("fails with the kind quota where the account is full", async () => {
      using bench = open({ quota: 1 });
      bench.fake.put({ content: "1.0.0.1" });
      // The fake words the same error in another form each time.
      for (let round = 0; round < 6; round++) {
        const { kind } = await failureOf(bench.provider.add({ address: "8.0.0.2", ttl: 60 }, patient));
        expect(kind).toBe("quota");
      }
    });

    test.each(["10.0.0.1", "198.51.100.7", "0.0.0.0"])("of %s, which is not public, is declined", async (address) => {
      using bench = open();
      for (let round = 0; round < 6; round++) {
        expect((await failureOf(bench.provider.add({ address, ttl: 60 }, patient))).kind).toBe("refused");
      }
    });
  });

  describe("remove", () => {
    test("removes this one record", async () => {
      using bench = open();
      const [first, second] = [bench.fake.put({ content: "1.0.0.1" }), bench.fake.put({ content: "1.0.0.1" })];
      await bench.provider.remove(recordOf(first), patient);
      expect(await bench.provider.list(patient)).toEqual([recordOf(second)]);
    });

    test("of what is gone already counts as removed", async () => {
      using bench = open();
      const record = bench.fake.put({ content: "1.0.0.1" });
      bench.fake.take(record.id);
      for (let round = 0; round < 4; round++) await bench.provider.remove(recordOf(record), patient);
      expect(bench.fake.requests.some(({ call }) => call === "remove")).toBeTrue();
    });

    test("works again after a cut that hid its success", async () => {
      using bench = open();
      const record = recordOf(bench.fake.put({ content: "1.0.0.1" }));
      bench.fake.fail({ kind: "cut", when: "after" }, { call: "remove" });
      await failureOf(bench.provider.remove(record, patient));
      await bench.provider.remove(record, patient);
      expect(bench.fake.records()).toEqual([]);
    });
  });

  test("no operation changes any other record", async () => {
    using bench = open();
    addNeighbours(bench.fake);
    const before = bench.fake.records();
    const added = await bench.provider.add({ address: "1.0.0.1", ttl: 60 }, patient);
    await bench.provider.change(added, { address: "1.0.0.2", ttl: 90 }, patient);
    expect(bench.fake.addresses()).toEqual(["1.0.0.2"]);
    await bench.provider.remove(added, patient);
    expect(bench.fake.records()).toEqual(before);
    for (const { records } of bench.fake.moments.slice(before.length + 1)) {
      expect(records.slice(0, before.length)).toEqual(before);
    }
  });
});
