import type { FetchFailureCode } from "../../fetch/failure.ts";
import type { Family } from "../../net/address.ts";
import { failureText } from "../../text/failure.ts";

/** A record at the name that is kept up to date, of the type that the provider is bound to. */
export interface DnsRecord {
  /** The provider's own name for it. */
  readonly id: string;
  /** Empty where the provider has none, which goes with a record that is not enabled. */
  readonly address: string;
  /** Time to live in seconds; undefined where the provider does not name it. */
  readonly ttl: number | undefined;
  /** Whether name servers answer with it. */
  readonly enabled: boolean;
}

/** What a record should hold. */
export interface RecordContent {
  readonly address: string;
  /** Time to live in seconds. */
  readonly ttl: number;
}

/** Sends an HTTP request, as `fetch` does. */
export type Send = (
  url: string,
  request: RequestInit & { readonly headers: Readonly<Record<string, string>> },
) => Promise<Response>;

/** Waits for so many milliseconds. Rejects when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** What every provider is made from. */
export interface NameSettings {
  /** The name whose records are kept up to date. */
  readonly hostname: string;
  /** The family whose addresses the records hold: A records of IPv4 by default, or AAAA records. */
  readonly family?: Family | undefined;
  /** The password or key. */
  readonly password: string;
  /** The time to live that its records should have, in seconds: for providers whose requests depend on it. */
  readonly ttl?: number | undefined;
  /** Milliseconds that one call has; only quoted, the signals end the calls. */
  readonly timeout: number;
}

/** What a provider with an HTTP API is made from. */
export interface ProviderSettings extends NameSettings {
  /** The user name, or the id of the key, at a provider that has one. */
  readonly username?: string | undefined;
  /** Base URL of the API, without a slash at the end. */
  readonly apiUrl?: string | undefined;
  readonly send: Send;
}

/**
 * A DNS provider, bound to one account, one name and one type of records. It touches records of that type at exactly that
 * name and nothing else. Every call either does what it says or throws a ProviderError; it ends when the signal aborts, and
 * never makes a change twice.
 */
export type DdnsProvider = RecordProvider | SetProvider;

/** A provider that takes one record at a time. */
export interface RecordProvider {
  readonly kind: "records";
  /**
   * Whether what is written reaches its name servers record by record: then records are removed after a list that has the
   * ones in their place.
   */
  readonly spreads?: true;
  /** The least time to live that it takes, in seconds: it is written in place of a shorter one. */
  readonly leastTtl?: number;
  /** Lists the records of the name as they are now. */
  list(signal: AbortSignal): Promise<DnsRecord[]>;
  /** Gives a record another content, in place, and enables it. The error for a record that is not there is `gone`. */
  change(record: DnsRecord, content: RecordContent, signal: AbortSignal): Promise<void>;
  /** Adds a record, and returns it. A record with this address that is there already counts as added. */
  add(content: RecordContent, signal: AbortSignal): Promise<DnsRecord>;
  remove(record: DnsRecord, signal: AbortSignal): Promise<void>;
}

/** All records of the name at once. */
export interface RecordSet {
  /** Each is there once; without any, the name has no record of the type. */
  readonly addresses: readonly string[];
  /** Time to live of all of them in seconds; undefined where there are none, or the provider does not name it. */
  readonly ttl: number | undefined;
  /** The least time to live that the provider takes, in seconds: it is written in place of a shorter one. */
  readonly leastTtl?: number | undefined;
}

/** A provider that takes all records of the name at once, so that resolvers see the old ones or the new ones. */
export interface SetProvider {
  readonly kind: "set";
  /** Reads the records of the name as they are now. */
  read(signal: AbortSignal): Promise<RecordSet>;
  /**
   * Puts a set in the place of whatever is there.
   *
   * @param expected the addresses that should be there. A server that can compare changes nothing where there are others,
   *   which is `passing`: a new read helps
   */
  replace(set: RecordSet & { readonly ttl: number }, expected: readonly string[], signal: AbortSignal): Promise<void>;
}

/**
 * What a failed request means for the next one.
 *
 * - `passing`: the network or the provider's servers; the same request may work later
 * - `access`: wrong key, unknown name; no request will work until a person changes the settings or the account
 * - `refused`: the provider declines this change; others may work
 * - `quota`: the account holds no more records
 */
export type ProviderErrorKind = "passing" | "access" | "refused" | "quota";

/** A request to a provider that failed. Its message is made of detail and remedy. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly kind: ProviderErrorKind;
  /** What failed, without secrets and control characters. */
  readonly detail: string;
  /** Why there was no answer; undefined where the provider answered. */
  readonly code?: FetchFailureCode | undefined;
  /** What to do about it, where that is known. */
  readonly remedy?: string | undefined;
  /** Whether the record to change is known to be gone. */
  readonly gone: boolean;
  /** The header Retry-After of the answer, as it came. */
  readonly retryAfter: string | undefined;

  constructor(
    kind: ProviderErrorKind,
    detail: string,
    {
      code,
      remedy,
      gone = false,
      retryAfter,
    }: Partial<Pick<ProviderError, "code" | "remedy" | "gone" | "retryAfter">> = {},
  ) {
    super(failureText({ detail, remedy }));
    this.kind = kind;
    this.detail = detail;
    this.code = code;
    this.remedy = remedy;
    this.gone = gone;
    this.retryAfter = retryAfter;
  }
}

/** What a ProviderError says, as plain data. */
export type ProviderFailure = Pick<ProviderError, "kind" | "detail" | "code" | "remedy">;
