import { describe, expect, test } from "bun:test";

import type { DnsRecord } from "../../../src/ddns/providers/provider.ts";
import { ReadBack } from "../../../src/ddns/read-back.ts";

const SECOND = 1000;
const TTL = 60;

const record = (id: string, address: string, ttl = TTL): DnsRecord => ({ id, address, ttl, enabled: true });
const A = record("1", "1.0.0.1");
const B = record("2", "1.0.0.2");

const written = (...records: readonly DnsRecord[]) => new Map(records.map((one) => [one.id, one]));

describe("a time to live that the provider replaces", () => {
  const stored = { ...A, ttl: 300 };

  test("is no difference once it is accepted, so that another one is reported", () => {
    const readBack = new ReadBack();
    const counts = [1, 2, 3].map(() => readBack.countTtls([stored], written(A)));
    expect(counts).toEqual([undefined, undefined, 300]);
    readBack.wrote(B.id, B, 0);
    readBack.read([stored], SECOND);
    expect(readBack.compare([stored], written(A, B))?.detail).toContain("accepted 1.0.0.2 (record 2)");
  });

  test("is not counted on a record that another program has changed", () => {
    const readBack = new ReadBack();
    const rival = { ...stored, address: "9.9.9.9" };
    for (let round = 0; round < 9; round += 1) expect(readBack.countTtls([rival], written(A))).toBeUndefined();
  });
});
