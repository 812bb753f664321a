import { expect, test } from "bun:test";

import type { Claim } from "../../../src/ddns/plan-records.ts";
import type { DnsRecord, RecordProvider } from "../../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../../src/ddns/read-back.ts";
import { updateRecords } from "../../../src/ddns/update.ts";

const record = (address: string): DnsRecord => ({ id: address, address, ttl: 60, enabled: true });

/** Updates a name, and returns the calls that the provider got. */
async function callsOf(old: readonly string[], desired: readonly string[], spreads?: true): Promise<string[]> {
  let records = old.map(record);
  const calls: string[] = [];
  const provider: RecordProvider = {
    kind: "records",
    ...(spreads && { spreads }),
    list: async () => (calls.push("list"), records),
    async change({ id }, { address }) {
      calls.push("change");
      records = records.map((one) => (one.id === id ? { ...record(address), id } : one));
    },
    async add({ address }) {
      calls.push("add");
      records = [...records, record(address)];
      return record(address);
    },
    async remove({ id }) {
      calls.push("remove");
      records = records.filter((one) => one.id !== id);
    },
  };
  const claimOn = (): Claim => "none";
  const options = {
    provider,
    ttl: 60,
    callLimit: 1000,
    writeGate: { allowed: true, confirm: async () => true },
    desired: () => ({ addresses: desired, unknown: [], claimOn, mayBeEmpty: false }),
  };
  await updateRecords(options, new ReadBack(), new AbortController().signal);
  return calls;
}

test("records are removed after a list that has those in their place, where what is written spreads", async () => {
  const calls = await callsOf(["1.0.0.1", "1.0.0.2", "1.0.0.3"], ["1.0.0.9"], true);
  expect(calls).toEqual(["list", "change", "list", "remove", "remove", "list"]);
});

test("no list comes before removals alone", async () => {
  expect(await callsOf(["1.0.0.1", "1.0.0.2"], ["1.0.0.1"], true)).toEqual(["list", "remove", "list"]);
});

test("no list comes between changes at other providers", async () => {
  const calls = await callsOf(["1.0.0.1", "1.0.0.2", "1.0.0.3"], ["1.0.0.9"]);
  expect(calls).toEqual(["list", "change", "remove", "remove", "list"]);
});
