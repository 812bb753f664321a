import { FAMILIES } from "../net/address.ts";
import { type Cidr, parseCidr, parseHost } from "../net/cidr.ts";

/**
 * How packets are rejected: `unreachable` and `prohibit` answer with ICMP (network unreachable, administratively
 * filtered), `blackhole` is silent.
 */
export type RejectType = "unreachable" | "prohibit" | "blackhole";

/** The fields of a rule in `ip -j -N rule show` (iproute2, ip/iprule.c), which are the same in both families. */
export interface RuleJson {
  readonly priority: number;
  readonly protocol?: string;
  readonly not?: null;
  readonly src?: string;
  readonly srclen?: number;
  readonly dst?: string;
  readonly dstlen?: number;
  readonly tos?: string;
  readonly fwmark?: string;
  readonly fwmask?: string;
  readonly iif?: string;
  readonly oif?: string;
  readonly uid_start?: number;
  readonly uid_end?: number;
  readonly ipproto?: string;
  readonly sport?: number;
  readonly sport_start?: number;
  readonly sport_end?: number;
  readonly dport?: number;
  readonly dport_start?: number;
  readonly dport_end?: number;
  readonly l3mdev?: null;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
  readonly goto?: number;
  /** No rule has the preference that `goto` names. */
  readonly unresolved?: null;
  readonly nop?: null;
  readonly action?: string;
  readonly [other: string]: unknown;
}

/** The source or destination of a rule; undefined where it names none. A single address has no length. */
export function networkIn(address: string | undefined, length: number | undefined): Cidr | undefined {
  if (address === undefined) return undefined;
  return length === undefined ? parseHost(address) : parseCidr(`${address}/${length}`, FAMILIES);
}

/** What a rule does with a packet that it matches. After a look-up without result, the next rule follows. */
export type RuleAction =
  | {
      readonly kind: "lookup";
      readonly table: number;
      /** Routes with a prefix of this length or shorter are ignored. */
      readonly suppress: number | undefined;
    }
  | { readonly kind: "goto"; readonly preference: number }
  /** To the table of the VRF that the packet belongs to; without one, to the next rule. */
  | { readonly kind: "l3mdev" }
  | { readonly kind: "reject"; readonly how: RejectType }
  | { readonly kind: "pass" };

/** Any rule of the kernel, whatever program made it. */
export interface PolicyRule {
  readonly preference: number;
  readonly protocol: number;
  /** Which packets it matches, besides `from all`, as `ip` writes it; empty when it matches every packet. */
  readonly selector: string;
  readonly action: RuleAction;
  /** Everything that `ip` printed of it. */
  readonly json: RuleJson;
}
