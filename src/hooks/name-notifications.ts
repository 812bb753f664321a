import type { DnsNameConfig, PoolConfig } from "../config/model.ts";
import type { DdnsEvent } from "../ddns/events.ts";
import { isLasting } from "../ddns/lasting.ts";
import { PROVIDERS } from "../ddns/providers/registry.ts";
import type { Family } from "../net/address.ts";
import { failureText } from "../text/failure.ts";
import type { Draft } from "./notification.ts";

/** The records of a DNS name in one family. */
export interface NotifiedName {
  readonly pool: Pick<PoolConfig, "name" | "dnsNames">;
  readonly family: Family;
  readonly name: DnsNameConfig;
}

/** What was reported of a DNS name, and how often it has failed in a row. */
export interface NameState {
  failures: number;
  reported: Draft["kind"];
}

type NameIdentity = Pick<Draft, "hostname" | "provider">;

type NameDraft = Pick<Draft, "event" | "message" | "kind" | "reason" | "hostname" | "provider">;

/** A DNS name of which nothing was reported. */
export function newNameState(): NameState {
  return { failures: 0, reported: undefined };
}

/** What tells a DNS name from the others of its pool. */
function identityOf({ ddnsHostname: hostname, ddnsProvider }: DnsNameConfig, pool: NotifiedName["pool"]): NameIdentity {
  return { hostname, ...(pool.dnsNames.length > 1 && { provider: PROVIDERS[ddnsProvider].label }) };
}

/**
 * Makes the notifications of the records of a DNS name.
 *
 * @param subject what messages call the records
 * @param state what was reported of them before, which this goes on from
 */
export function createDdnsDrafts(
  { pool, name }: NotifiedName,
  subject: string,
  state: NameState,
): (event: Extract<DdnsEvent, { readonly type: "ddns-verified" | "ddns-trouble" }>) => NameDraft[] {
  const identity = identityOf(name, pool);
  const recovered = (addresses: readonly string[]): NameDraft[] => {
    const wasReported = state.reported !== undefined;
    Object.assign(state, newNameState());
    const list = addresses.length === 0 ? "" : `: ${addresses.join(", ")}`;
    const message = `the records of ${subject} are correct again${list}`;
    return wasReported ? [{ event: "ddns-mended", ...identity, message }] : [];
  };

  return (event) => {
    if (event.type === "ddns-verified") return recovered(event.addresses);
    const { kind } = event;
    const reason = failureText(event);
    state.failures++;
    if (kind === state.reported || !isLasting(kind, state.failures)) return [];
    state.reported = kind;
    const message = `${subject} is not kept up to date: ${reason}`;
    return [{ event: "ddns-failing", ...identity, kind, reason, message }];
  };
}
