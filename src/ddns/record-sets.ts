import type { RecordChange } from "./plan-records.ts";
import type { DdnsProvider, DnsRecord, RecordSet } from "./providers/provider.ts";

/** The records of the name, and the least time to live that they can have, in seconds, where the provider says so. */
export interface Listed {
  readonly records: readonly DnsRecord[];
  readonly leastTtl?: number | undefined;
}

/** Lists the records of the name, whatever the kind of the provider. */
export async function listRecords(provider: DdnsProvider, signal: AbortSignal): Promise<Listed> {
  if (provider.kind === "records") return { records: await provider.list(signal), leastTtl: provider.leastTtl };
  const set = await provider.read(signal);
  return { records: recordsOf(set), leastTtl: set.leastTtl };
}

/** The records of a set. Each is known by its address. */
export function recordsOf({ addresses, ttl }: RecordSet): DnsRecord[] {
  return addresses.map((address) => ({ id: address, address, ttl, enabled: true }));
}

/**
 * The set that these changes together make.
 *
 * @param ttl seconds
 */
export function setAfter(
  records: readonly DnsRecord[],
  changes: readonly RecordChange[],
  ttl: number,
): RecordSet & { readonly ttl: number } {
  const after = changes.reduce(withChange, records);
  return { addresses: [...new Set(after.flatMap(({ enabled, address }) => (enabled ? address : [])))], ttl };
}

/** The records after one change. A new one has its address as id. */
export function withChange(records: readonly DnsRecord[], change: RecordChange): DnsRecord[] {
  switch (change.op) {
    case "add":
      return [...records, { ...change.content, id: change.content.address, enabled: true }];
    case "change":
      return records.map((one) => (one === change.record ? { ...one, ...change.content, enabled: true } : one));
    case "remove":
      return records.filter((one) => one !== change.record);
  }
}
