import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { listRecords, recordsOf, setAfter } from "../../../src/ddns/record-sets.ts";
import { FakeRecordSet } from "../../fakes/record-set.ts";

const patient = new AbortController().signal;
const record = (address: string, more: Partial<DnsRecord> = {}): DnsRecord => ({
  id: address,
  address,
  ttl: 60,
  enabled: true,
  ...more,
});
const [A, B] = [record("1.0.0.1"), record("1.0.0.2")];

test("the records of a set are known by their addresses", () => {
  expect(recordsOf({ addresses: ["1.0.0.1", "1.0.0.2"], ttl: 60 })).toEqual([A, B]);
  expect(recordsOf({ addresses: [], ttl: undefined })).toEqual([]);
});

test("a set is listed as records", async () => {
  const provider = new FakeRecordSet();
  provider.put(["1.0.0.1"], 300);
  expect((await listRecords(provider, patient)).records).toEqual([{ ...A, ttl: 300 }]);
});

describe("changes make a set", () => {
  const content = { address: "1.0.0.3", ttl: 60 };

  test.each([
    ["with what is added", [{ op: "add", content }], ["1.0.0.1", "1.0.0.2", "1.0.0.3"]],
    ["with what a record becomes", [{ op: "change", record: B, content }], ["1.0.0.1", "1.0.0.3"]],
    ["without what is removed", [{ op: "remove", record: A }], ["1.0.0.2"]],
    ["that may be empty", [A, B].map((one) => ({ op: "remove", record: one }) as const), []],
    ["with each address once", [{ op: "change", record: B, content: { address: "1.0.0.1", ttl: 60 } }], ["1.0.0.1"]],
  ] as const)("%s", (_, changes, addresses) => {
    expect(setAfter([A, B], changes, 120)).toEqual({ addresses: [...addresses], ttl: 120 });
  });

  test("without what resolves to nothing", () => {
    expect(setAfter([A, record("1.0.0.9", { enabled: false })], [], 60).addresses).toEqual(["1.0.0.1"]);
  });
});
