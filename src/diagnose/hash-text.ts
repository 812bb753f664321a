/** What the kernel distributes flows over the gateways by (ip-sysctl, fib_multipath_hash_policy). */
export function hashText(policy: string | undefined, fields: string | undefined): string {
  switch (policy) {
    case "1":
      return "addresses, protocol and ports: connections of one client to one server may use different gateways";
    case "2":
      return "addresses, and in a tunnel those of the packet inside: all connections of one client to one server use the same gateway";
    case "3":
      return `the fields of net.ipv4.fib_multipath_hash_fields: ${fieldNames(Number(fields ?? 7))}`;
    default:
      return "addresses only: all connections of one client to one server use the same gateway";
  }
}

/** Bits of fib_multipath_hash_fields (FIB_MULTIPATH_HASH_FIELD_... in include/net/ip_fib.h). */
const FIELDS = [
  ...["source address", "destination address", "protocol", "unused", "source port", "destination port"],
  ...["inner source address", "inner destination address", "inner protocol", "inner flow label"],
  ...["inner source port", "inner destination port"],
];

function fieldNames(bits: number): string {
  const names = FIELDS.filter((_, bit) => (bits >> bit) & 1);
  return names.length === 0 ? "none" : names.join(", ");
}
