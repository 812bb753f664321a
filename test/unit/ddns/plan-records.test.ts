import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { type DesiredRecords, planRecords, type RecordChange } from "../../../src/ddns/plan-records.ts";
import {
  always,
  carryOut,
  desiredFor,
  expectEnd,
  momentsOf,
  needsOf,
  recordsAfter,
  resolving,
  retainedOf,
  TTL,
} from "./plan-records.fixture.ts";

describe("the changes for", () => {
  const record = (id: string, more: Partial<DnsRecord> = {}): DnsRecord => {
    return { id, address: `1.0.0.${id[0]}`, ttl: TTL, enabled: true, ...more };
  };
  const textOf = (change: RecordChange): string => {
    if (change.op === "add") return `add ${change.content.address}`;
    return `${change.op} ${change.record.id}${change.op === "change" ? ` to ${change.content.address}` : ""}`;
  };

  test.each<[string, readonly DnsRecord[], DesiredRecords, readonly string[]]>([
    ["nothing listed, nothing desired", [], desiredFor([], true), []],
    ["the desired records in another order", [record("2"), record("1")], desiredFor(["1.0.0.1", "1.0.0.2"]), []],
    ["an address that another one follows", [record("1")], desiredFor(["1.0.0.2"]), ["change 1 to 1.0.0.2"]],
    ["an address more", [record("1")], desiredFor(["1.0.0.1", "1.0.0.2"]), ["add 1.0.0.2"]],
    ["an address less", [record("1"), record("2")], desiredFor(["1.0.0.1"]), ["remove 2"]],
    ["the last gateway", [record("1"), record("2")], desiredFor([], true), ["remove 1", "remove 2"]],
    ["a double", [record("1"), record("1b")], desiredFor(["1.0.0.1"]), ["remove 1b"]],
    ["another time to live", [record("1", { ttl: 61 })], desiredFor(["1.0.0.1"]), ["change 1 to 1.0.0.1"]],
    ["a time to live that is not listed", [record("1", { ttl: undefined })], desiredFor(["1.0.0.1"]), []],
    ["a disabled record", [record("1", { enabled: false })], desiredFor(["1.0.0.1"]), ["change 1 to 1.0.0.1"]],
    [
      "a disabled record beside one that is not desired",
      [record("1"), record("2", { enabled: false })],
      desiredFor(["1.0.0.2"]),
      ["change 2 to 1.0.0.2", "remove 1"],
    ],
    ["a retained record", [record("1"), record("2")], desiredFor(["1.0.0.1"], false, ["1.0.0.2"]), []],
    [
      "records to reuse: one that does not resolve goes first",
      [record("1"), record("2", { enabled: false })],
      desiredFor(["1.0.0.3", "1.0.0.4"]),
      ["change 2 to 1.0.0.3", "change 1 to 1.0.0.4"],
    ],
    [
      "a double with another time to live: the correct one stays",
      [record("1", { ttl: 61 }), record("1b")],
      desiredFor(["1.0.0.1"]),
      ["remove 1"],
    ],
  ])("%s", (_, listed, desired, changes) => {
    expect(planRecords(listed, desired, TTL).map(textOf)).toEqual([...changes]);
  });
});

describe("while the changes are carried out one by one", () => {
  test("the name always resolves to something, unless it may be empty", () => {
    always((listed, desired, plan) => {
      if (resolving(listed).length === 0 || (desired.mayBeEmpty && desired.addresses.length === 0)) return;
      for (const moment of momentsOf(listed, plan)) expect(resolving(moment)).not.toEqual([]);
    });
  });

  test("a desired address that resolves goes on to resolve", () => {
    always((listed, desired, plan) => {
      const before = desired.addresses.filter((address) => resolving(listed).includes(address));
      for (const moment of momentsOf(listed, plan)) expect(resolving(moment)).toEqual(expect.arrayContaining(before));
    });
  });

  test("there are never more records than before or after", () => {
    always((listed, desired, plan) => {
      const most = Math.max(listed.length, desired.addresses.length + retainedOf(listed, desired).length);
      for (const moment of momentsOf(listed, plan)) expect(moment.length).toBeLessThanOrEqual(most);
    });
  });
});

describe("after the changes", () => {
  test("the desired addresses are there, and besides only retained records", () => {
    always((listed, desired, plan) => expectEnd(recordsAfter(listed, plan), listed, desired));
  });

  test("nothing is left to do", () => {
    always((listed, desired, plan) => expect(planRecords(recordsAfter(listed, plan), desired, TTL)).toEqual([]));
  });
});

describe("the changes", () => {
  test("are no more than are needed", () => {
    always((listed, desired, plan) => {
      const { missing, removable, corrections } = needsOf(listed, desired);
      expect(plan.length).toBe(Math.max(missing, removable) + corrections);
    });
  });

  test("add only the addresses that no record can be reused for", () => {
    always((listed, desired, plan) => {
      const { missing, removable } = needsOf(listed, desired);
      expect(plan.filter(({ op }) => op === "add").length).toBe(Math.max(0, missing - removable));
    });
  });

  test("are first those in place, then additions, then removals", () => {
    always((_, __, plan) => expect(plan.map(({ op }) => op).join(" ")).toMatch(/^(change ?)*(add ?)*(remove ?)*$/));
  });

  test("write desired addresses alone, and missing ones in the order in which they are desired", () => {
    always((listed, desired, plan) => {
      const written = plan.flatMap((change) => (change.op === "remove" ? [] : [change.content]));
      for (const { address, ttl } of written) expect([desired.addresses.includes(address), ttl]).toEqual([true, TTL]);
      const isListed = (one: string): boolean => listed.some(({ address }) => address === one);
      const missing = desired.addresses.filter((address) => !isListed(address));
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

  test("are the same each time, and leave their input unchanged", () => {
    always((listed, desired, plan) => {
      for (const one of [listed, ...listed, desired, desired.addresses]) Object.freeze(one);
      expect(planRecords(listed, desired, TTL)).toEqual(plan);
    });
  });
});

test("a plan made anew after each change, with the records in another order, has as many changes and the same end", () => {
  always((listed, desired) => {
    const { missing, removable, corrections } = needsOf(listed, desired);
    let records = listed;
    for (let step = 0; step < Math.max(missing, removable) + corrections; step++) {
      records = carryOut(records, planRecords(records, desired, TTL)[0]!);
      records = [...records.slice(1), ...records.slice(0, 1)];
      if (!desired.mayBeEmpty && resolving(listed).length > 0) expect(resolving(records)).not.toEqual([]);
    }
    expect(planRecords(records, desired, TTL)).toEqual([]);
    expectEnd(records, listed, desired);
  });
});

describe("an account that is full", () => {
  const old = ["8.0.0.1", "8.0.0.2", "8.0.0.3"];
  const listed = old.map((address, index) => ({ id: String(index + 1), address, ttl: TTL, enabled: true }));
  const desired = { ...desiredFor(["1.0.0.1", "1.0.0.2"], false, old), unknown: ["one gateway"] };

  test("has as many records retained as gateways are unknown, and the others changed in place", () => {
    expect(planRecords(listed, desired, TTL).map(({ op }) => op)).toEqual(["add", "add"]);
    const plan = planRecords(listed, desired, TTL, true);
    expect(plan.map((change) => "record" in change && change.record.id)).toEqual(["2", "3"]);
  });

  test("has no retained record removed, only reused", () => {
    expect(planRecords(listed, { ...desired, addresses: [] }, TTL, true)).toEqual([]);
  });

  test("retains a likely claim before a possible one", () => {
    const claimOn = (address: string) => (address === "8.0.0.3" ? ("likely" as const) : ("possible" as const));
    const plan = planRecords(listed, { ...desired, claimOn }, TTL, true);
    expect(plan.map((change) => "record" in change && change.record.id)).toEqual(["1", "2"]);
  });
});
