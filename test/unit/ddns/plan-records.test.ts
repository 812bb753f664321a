import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { planRecords, type RecordChange, type Wish } from "../../../src/ddns/plan-records.ts";
import {
  always,
  carryOut,
  expectEnd,
  momentsOf,
  needsOf,
  recordsAfter,
  resolving,
  sparedOf,
  TTL,
  wishFor,
} from "./plan-records.fixture.ts";

describe("the changes for", () => {
  const record = (id: string, more: Partial<DnsRecord> = {}): DnsRecord => {
    return { id, address: `1.0.0.${id[0]}`, ttl: TTL, enabled: true, ...more };
  };
  const told = (change: RecordChange): string => {
    if (change.op === "add") return `add ${change.content.address}`;
    return `${change.op} ${change.record.id}${change.op === "change" ? ` to ${change.content.address}` : ""}`;
  };

  test.each<[string, readonly DnsRecord[], Wish, readonly string[]]>([
    ["nothing listed, nothing wished", [], wishFor([], true), []],
    ["the right records in another order", [record("2"), record("1")], wishFor(["1.0.0.1", "1.0.0.2"]), []],
    ["an address that another one follows", [record("1")], wishFor(["1.0.0.2"]), ["change 1 to 1.0.0.2"]],
    ["an address besides", [record("1")], wishFor(["1.0.0.1", "1.0.0.2"]), ["add 1.0.0.2"]],
    ["an address less", [record("1"), record("2")], wishFor(["1.0.0.1"]), ["remove 2"]],
    ["the last gateway", [record("1"), record("2")], wishFor([], true), ["remove 1", "remove 2"]],
    ["a double", [record("1"), record("1b")], wishFor(["1.0.0.1"]), ["remove 1b"]],
    ["a foreign time to live", [record("1", { ttl: 61 })], wishFor(["1.0.0.1"]), ["change 1 to 1.0.0.1"]],
    ["a disabled record", [record("1", { enabled: false })], wishFor(["1.0.0.1"]), ["change 1 to 1.0.0.1"]],
    [
      "a disabled record beside one that nobody wants",
      [record("1"), record("2", { enabled: false })],
      wishFor(["1.0.0.2"]),
      ["change 2 to 1.0.0.2", "remove 1"],
    ],
    ["a spared record", [record("1"), record("2")], wishFor(["1.0.0.1"], false, ["1.0.0.2"]), []],
    [
      "one record to take: one that does not resolve goes first",
      [record("1"), record("2", { enabled: false })],
      wishFor(["1.0.0.3", "1.0.0.4"]),
      ["change 2 to 1.0.0.3", "change 1 to 1.0.0.4"],
    ],
    [
      "a double with a foreign time to live: the right one stays",
      [record("1", { ttl: 61 }), record("1b")],
      wishFor(["1.0.0.1"]),
      ["remove 1"],
    ],
  ])("%s", (_, listed, wish, changes) => {
    expect(planRecords(listed, wish, TTL).map(told)).toEqual([...changes]);
  });
});

describe("while the changes are carried out one by one", () => {
  test("the name never resolves to nothing, unless it may", () => {
    always((listed, wish, plan) => {
      if (resolving(listed).length === 0 || (wish.mayBeEmpty && wish.addresses.length === 0)) return;
      for (const moment of momentsOf(listed, plan)) expect(resolving(moment)).not.toEqual([]);
    });
  });

  test("a wished address that resolves goes on doing so", () => {
    always((listed, wish, plan) => {
      const wished = wish.addresses.filter((address) => resolving(listed).includes(address));
      for (const moment of momentsOf(listed, plan)) expect(resolving(moment)).toEqual(expect.arrayContaining(wished));
    });
  });

  test("there are never more records than before or after", () => {
    always((listed, wish, plan) => {
      const most = Math.max(listed.length, wish.addresses.length + sparedOf(listed, wish).length);
      for (const moment of momentsOf(listed, plan)) expect(moment.length).toBeLessThanOrEqual(most);
    });
  });
});

describe("after the changes", () => {
  test("the wished addresses are there, and nothing else but what has to stay", () => {
    always((listed, wish, plan) => expectEnd(recordsAfter(listed, plan), listed, wish));
  });

  test("nothing is left to do", () => {
    always((listed, wish, plan) => expect(planRecords(recordsAfter(listed, plan), wish, TTL)).toEqual([]));
  });
});

describe("the changes", () => {
  test("are no more than are needed", () => {
    always((listed, wish, plan) => {
      const { missing, removable, mends } = needsOf(listed, wish);
      expect(plan.length).toBe(Math.max(missing, removable) + mends);
    });
  });

  test("add only what no record can be taken for", () => {
    always((listed, wish, plan) => {
      const { missing, removable } = needsOf(listed, wish);
      expect(plan.filter(({ op }) => op === "add").length).toBe(Math.max(0, missing - removable));
    });
  });

  test("are first those in place, then additions, then removals", () => {
    always((_, __, plan) => expect(plan.map(({ op }) => op).join(" ")).toMatch(/^(change ?)*(add ?)*(remove ?)*$/));
  });

  test("write wished addresses alone, those that are missing in the order of the wish", () => {
    always((listed, wish, plan) => {
      const written = plan.flatMap((change) => (change.op === "remove" ? [] : [change.content]));
      for (const { address, ttl } of written) expect([wish.addresses.includes(address), ttl]).toEqual([true, TTL]);
      const isListed = (one: string): boolean => listed.some(({ address }) => address === one);
      const missing = wish.addresses.filter((address) => !isListed(address));
      expect(written.map(({ address }) => address).filter((address) => !isListed(address))).toEqual(missing);
    });
  });

  test("touch listed records only, and each at most once", () => {
    always((listed, _, plan) => {
      const touched = plan.flatMap((change) => (change.op === "add" ? [] : [change.record]));
      expect(new Set(touched).size).toBe(touched.length);
      for (const record of touched) expect(listed).toContain(record);
    });
  });

  test("are the same each time, and leave what they were made from as it is", () => {
    always((listed, wish, plan) => {
      for (const one of [listed, ...listed, wish, wish.addresses]) Object.freeze(one);
      expect(planRecords(listed, wish, TTL)).toEqual(plan);
    });
  });
});

test("planned anew after each change, with the records in another order, they are as many and end in the same", () => {
  always((listed, wish) => {
    const { missing, removable, mends } = needsOf(listed, wish);
    let records = listed;
    for (let step = 0; step < Math.max(missing, removable) + mends; step++) {
      records = carryOut(records, planRecords(records, wish, TTL)[0]!);
      records = [...records.slice(1), ...records.slice(0, 1)];
      if (!wish.mayBeEmpty && resolving(listed).length > 0) expect(resolving(records)).not.toEqual([]);
    }
    expect(planRecords(records, wish, TTL)).toEqual([]);
    expectEnd(records, listed, wish);
  });
});

describe("an account that is full", () => {
  const old = ["8.0.0.1", "8.0.0.2", "8.0.0.3"];
  const listed = old.map((address, index) => ({ id: String(index + 1), address, ttl: TTL, enabled: true }));
  const wish = { ...wishFor(["1.0.0.1", "1.0.0.2"], false, old), unknown: ["one gateway"] };

  test("has as many records spared as gateways are unknown, and the others changed in place", () => {
    expect(planRecords(listed, wish, TTL).map(({ op }) => op)).toEqual(["add", "add"]);
    const plan = planRecords(listed, wish, TTL, true);
    expect(plan.map((change) => "record" in change && change.record.id)).toEqual(["2", "3"]);
  });

  test("has no spared record removed, only used", () => {
    expect(planRecords(listed, { ...wish, addresses: [] }, TTL, true)).toEqual([]);
  });

  test("spares what is likely before what is possible", () => {
    const spares = (address: string) => (address === "8.0.0.3" ? ("likely" as const) : ("possible" as const));
    const plan = planRecords(listed, { ...wish, spares }, TTL, true);
    expect(plan.map((change) => "record" in change && change.record.id)).toEqual(["1", "2"]);
  });
});
