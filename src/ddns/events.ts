import type { LookUpResult } from "./look-up-result.ts";
import type { RecordChange } from "./plan-records.ts";
import type { ProviderFailure } from "./providers/provider.ts";

/**
 * What is known of a gateway's public address, as in metrics.
 *
 * - `inactive`: the gateway carries no traffic, so its address is not looked up
 * - `unknown`: no look-up has succeeded since it became active, or the last success is too long ago
 * - `known`: the newest look-up found it
 * - `kept`: the newest look-up failed; the address of an earlier one is retained for a time
 */
export type AddressState = "inactive" | "unknown" | "known" | "kept";

/** What DDNS reports. */
export type DdnsEvent =
  | { readonly type: "public-ip"; readonly gateway: string; readonly result: LookUpResult }
  | { readonly type: "public-ip-state"; readonly gateway: string; readonly state: AddressState }
  /** A gateway has another public address than before; `from` is undefined at the first one. */
  | {
      readonly type: "public-ip-changed";
      readonly gateway: string;
      readonly from: string | undefined;
      readonly to: string;
    }
  /** So many different public addresses the active gateways have, as far as they are known. */
  | { readonly type: "public-ip-count"; readonly count: number }
  /** This machine got or lost the address without which it may not write. */
  | { readonly type: "ddns-write-gate"; readonly address: string; readonly allowed: boolean }
  /**
   * The name should resolve to these addresses from now on; undefined while none is known, or the records stay as they
   * are. A failure delays the update for so long, 0 if it does not.
   */
  | { readonly type: "ddns-desired"; readonly addresses: readonly string[] | undefined; readonly delayMs: number }
  | { readonly type: "ddns-skipped"; readonly reason: "required_ip_not_found" | "no_change" }
  /** An update has ended that changed records, or tried to. `error` is why it is not complete. */
  | {
      readonly type: "ddns-update";
      readonly seconds: number;
      readonly changes: readonly RecordChange[];
      readonly error: string | undefined;
    }
  /**
   * The records were read and are correct; the name resolves to these addresses. The retained ones of them stay only
   * because the address of some active gateway is unknown.
   */
  | { readonly type: "ddns-verified"; readonly addresses: readonly string[]; readonly retained: readonly string[] }
  /** The provider stores this time to live in place of the desired one (both in seconds), which counts as correct now. */
  | { readonly type: "ddns-accepted"; readonly storedTtl: number; readonly ttl: number }
  /** All servers that `-ddns-verify` asks show the records, so long after they were verified at the provider. */
  | { readonly type: "ddns-shown"; readonly seconds: number }
  /** They still do not, which the time to live does not explain. `detail` is what they show. */
  | { readonly type: "ddns-not-shown"; readonly seconds: number; readonly detail: string }
  /** The records are read, and corrected if need be, after so long. */
  | { readonly type: "ddns-scheduled"; readonly waitMs: number }
  /** A request to the provider failed; the next try comes after `waitMs`. */
  | ({ readonly type: "ddns-trouble"; readonly waitMs: number } & ProviderFailure);

export type EmitDdns = (event: DdnsEvent) => void;
