import { type Cidr, parseCidr } from "./cidr.ts";

/** IPv4 ranges that are not public destinations (RFC 6890 and RFC 5735), kept out of the managed routes by default. */
export const RESERVED_CIDRS: readonly Cidr[] = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
].map((text) => parseCidr(text)!);

/** What no host can have, not even in a lab: this network, loopback, multicast and class E. */
export const NEVER_HOSTS: readonly Cidr[] = ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"].map((text) => parseCidr(text)!);
