import type { Family } from "../net/address.ts";

/** What the kernel distributes flows over the gateways by (ip-sysctl, fib_multipath_hash_policy). */
export function hashText(policy: string | undefined, fields: string | undefined, family: Family = 4): string {
  switch (policy) {
    case "1":
      return "addresses, protocol and ports: connections of one client to one server may use different gateways";
    case "2":
      return family === 4
        ? "addresses, and in a tunnel those of the packet inside: all connections of one client to one server use the same gateway"
        : `${LABELS}, and in a tunnel those of the packet inside: ${BY_LABEL}`;
    case "3":
      return `the fields of net.ipv${family}.fib_multipath_hash_fields: ${fieldNames(Number(fields ?? 7), family)}`;
    default:
      return family === 4
        ? "addresses only: all connections of one client to one server use the same gateway"
        : `${LABELS}: ${BY_LABEL}`;
  }
}

/** What IPv6 has in place of addresses only (rt6_multipath_hash in net/ipv6/route.c). */
const LABELS = "addresses, protocol and flow label";
const BY_LABEL =
  "connections of one client to one server may use different gateways where the client gives each its own label, as most do";

/** Bits of fib_multipath_hash_fields (FIB_MULTIPATH_HASH_FIELD_... in include/net/ip_fib.h). */
const FIELDS = [
  ...["source address", "destination address", "protocol", "flow label", "source port", "destination port"],
  ...["inner source address", "inner destination address", "inner protocol", "inner flow label"],
  ...["inner source port", "inner destination port"],
];

function fieldNames(bits: number, family: Family): string {
  const names = FIELDS.filter((name, bit) => (bits >> bit) & 1 && (family === 6 || name !== "flow label"));
  return names.length === 0 ? "none" : names.join(", ");
}
