import type { RecordType } from "../../record-type.ts";

/** A set as it is written. */
export interface WrittenSet {
  readonly values: readonly string[];
  /** Seconds. */
  readonly ttl: number;
}

/**
 * A batch that replaces a set, where what is there is exactly the earlier one: Route 53 makes all changes of a batch or none,
 * and deletes nothing but what is named with all its values
 * (https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html).
 */
export function replacement(hostname: string, type: RecordType, before?: WrittenSet, after?: WrittenSet): string {
  const changes = [
    ...(before ? [change("DELETE", hostname, type, before)] : []),
    ...(after ? [change("CREATE", hostname, type, after)] : []),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>
<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes>${changes.join("")}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`;
}

/** All that stands in it is checked before: a DNS name, and addresses. */
function change(action: "DELETE" | "CREATE", hostname: string, type: RecordType, { values, ttl }: WrittenSet): string {
  const records = values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join("");
  const set = `<Name>${hostname.toLowerCase()}.</Name><Type>${type}</Type><TTL>${ttl}</TTL><ResourceRecords>${records}</ResourceRecords>`;
  return `<Change><Action>${action}</Action><ResourceRecordSet>${set}</ResourceRecordSet></Change>`;
}
