import { planRecords, type RecordChange } from "../ddns/plan-records.ts";
import type { DnsRecord } from "../ddns/providers/provider.ts";
import { PublicAddresses } from "../ddns/public-addresses.ts";
import type { LookedUp } from "./ddns-findings.ts";

/** What a service that has just started knows before it writes records. */
export interface RecordFacts {
  readonly gateways: readonly string[];
  /** One look-up of each active gateway. */
  readonly asked: readonly LookedUp[];
  /** The gateway whose address the name has; undefined for those of all. */
  readonly follows?: string | undefined;
  readonly listed: readonly DnsRecord[];
  /** Time to live in seconds. */
  readonly ttl: number;
  /** What happens to the records while no gateway is active, or not the one that the name follows. */
  readonly whenNoGateways: "remove" | "keep";
}

/** The changes of records that a service would make, in their order. */
export function planNames(facts: RecordFacts): readonly RecordChange[] {
  const { gateways, asked, follows, listed, ttl, whenNoGateways } = facts;
  const hasGateway = follows === undefined ? asked.length > 0 : asked.some(({ gateway }) => gateway === follows);
  if (!hasGateway && whenNoGateways === "keep") return [];
  const addresses = new PublicAddresses(gateways, 0);
  addresses.setActive(new Set(asked.map(({ gateway }) => gateway)));
  for (const { gateway, result } of asked) {
    if (result.kind === "success") addresses.succeeded(gateway, result.address, 0);
    else addresses.failed(gateway);
  }
  return planRecords(listed, addresses.desired(0, follows), ttl);
}

/** A change as a sentence. */
export function recordText(change: RecordChange): string {
  switch (change.op) {
    case "add":
      return `add ${change.content.address}, with a time to live of ${change.content.ttl}s`;
    case "remove":
      return `remove ${change.record.address || "a record without an address"}`;
    case "change": {
      const { record, content } = change;
      if (record.address !== content.address) return `change ${record.address || "a record"} to ${content.address}`;
      const ttl = record.ttl === content.ttl ? "" : `, time to live ${record.ttl}s to ${content.ttl}s`;
      return `correct ${record.address}${ttl}${record.enabled ? "" : ", enable it"}`;
    }
  }
}
