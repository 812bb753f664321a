import type { DnsRecord, RecordContent } from "./providers/provider.ts";

/** How likely a record belongs to an active gateway whose address is unknown. It is retained, unless that is `none`. */
export type Claim = "likely" | "possible" | "none";

/** What the name should resolve to. */
export interface DesiredRecords {
  /** Addresses that must be there. Missing ones are added in this order, as far as the account has room. */
  readonly addresses: readonly string[];
  /** Active gateways whose address is unknown. */
  readonly unknown: readonly string[];
  /** Their claim on a record with another address. */
  readonly claimOn: (address: string) => Claim;
  /** Whether the name may resolve to nothing. */
  readonly mayBeEmpty: boolean;
}

/** Whether it is known what the name should resolve to, rather than that it must resolve to something. */
export function isKnown({ addresses, mayBeEmpty }: DesiredRecords): boolean {
  return addresses.length > 0 || mayBeEmpty;
}

export type RecordChange =
  | { readonly op: "change"; readonly record: DnsRecord; readonly content: RecordContent }
  | { readonly op: "add"; readonly content: RecordContent }
  | { readonly op: "remove"; readonly record: DnsRecord };

/**
 * The changes that turn the listed records into the desired ones: first in place, then additions, then removals, so that
 * the name resolves to something after each of them, and an account that is full can still be updated.
 *
 *     listed   desired   changes
 *     A B      A B       none
 *     A B      A C       B becomes C
 *     A        A B       add B
 *     A B      A         remove B
 *     A B      -         remove A, remove B; only one of them unless the name may be empty
 *     A A      A         remove the second A
 *
 * A record that is disabled, or has another time to live, is corrected in place.
 *
 * @param ttl seconds
 * @param full whether the account takes no more records: then no more records are retained than gateways are unknown, if
 *   desired ones need the room
 */
export function planRecords(
  listed: readonly DnsRecord[],
  desired: DesiredRecords,
  ttl: number,
  full = false,
): RecordChange[] {
  const holders = new Map<string, DnsRecord>();
  for (const record of [...listed].sort((a, b) => Number(isCorrect(b, ttl)) - Number(isCorrect(a, ttl)))) {
    if (desired.addresses.includes(record.address) && !holders.has(record.address)) holders.set(record.address, record);
  }
  const holding = [...holders.values()];
  const wrong = holding.filter((record) => !isCorrect(record, ttl));
  const missing = desired.addresses.filter((address) => !holders.has(address));
  const others = listed.filter((record) => !holding.includes(record));
  const withClaim = (claim: Claim) => others.filter((record) => claimOn(record, desired) === claim);
  const retained = [...withClaim("likely"), ...withClaim("possible")];
  // Records that do not resolve are the first to get another address.
  const free = withClaim("none").sort((a, b) => Number(a.enabled) - Number(b.enabled));
  const reusable = full ? [...free, ...retained.slice(desired.unknown.length)] : free;
  const reused = reusable.slice(0, missing.length);
  const surplus = free.filter((record) => !reused.includes(record));

  const last = retained.length > 0 || isKnown(desired) ? undefined : surplus.findLast(({ enabled }) => enabled);
  return [
    ...wrong.map((record) => changeTo(record, record.address, ttl)),
    ...reused.map((record, index) => changeTo(record, missing[index]!, ttl)),
    ...missing.slice(reused.length).map((address): RecordChange => ({ op: "add", content: { address, ttl } })),
    ...surplus.filter((record) => record !== last).map((record): RecordChange => ({ op: "remove", record })),
  ];
}

function isCorrect(record: DnsRecord, ttl: number): boolean {
  return record.enabled && (record.ttl === ttl || record.ttl === undefined);
}

function claimOn({ address, enabled }: DnsRecord, desired: DesiredRecords): Claim {
  return enabled && !desired.addresses.includes(address) ? desired.claimOn(address) : "none";
}

function changeTo(record: DnsRecord, address: string, ttl: number): RecordChange {
  return { op: "change", record, content: { address, ttl } };
}
