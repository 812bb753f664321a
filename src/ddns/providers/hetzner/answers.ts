import type { Family } from "../../../net/address.ts";
import { unexpected } from "../declined.ts";
import { fieldsIn, fieldsOf, objectsIn, readAddress, readTtl } from "../fields.ts";
import type { ApiAnswer } from "../http-api.ts";
import type { ProviderError } from "../provider.ts";

export interface Zone {
  readonly name: string;
  /** The time to live of records that have none of their own, in seconds. */
  readonly ttl: number | undefined;
}

/** A zone in an answer. */
export function readZone(body: string, name: string): Zone {
  const zone = fieldsOf(fieldsIn(body)["zone"]);
  if (zone["name"] !== name) throw odd(`the zone ${name}`);
  return { name, ttl: readTtl(zone["ttl"]) };
}

/** One value of a set. */
export interface Value {
  readonly address: string;
  /** Says whose it is. */
  readonly comment: string;
}

/** The records of a name and a type. */
export interface HeldSet {
  readonly ttl: number | undefined;
  readonly values: readonly Value[];
}

/** The set in an answer. @param zoneTtl seconds, for a set without a time to live of its own */
export function readSet(body: string, zoneTtl: number | undefined, family: Family): HeldSet {
  const { records, ttl } = fieldsOf(fieldsIn(body)["rrset"]);
  const values = objectsIn(records)?.map(({ value, comment }) => {
    const address = readAddress(value, family);
    if (address === undefined) throw odd(`IPv${family} addresses`);
    return { address, comment: typeof comment === "string" ? comment : "" };
  });
  if (!values) throw odd("a set with records");
  return { ttl: readTtl(ttl) ?? zoneTtl, values };
}

/** The state of a change that was accepted. */
export interface Action {
  readonly id: number;
  readonly status: "running" | "success" | "error";
  /** Why it failed. */
  readonly words: string;
}

/** The action in an answer. */
export function readAction(body: string): Action {
  const { id, status, error } = fieldsOf(fieldsIn(body)["action"]);
  if (!Number.isSafeInteger(id) || (status !== "running" && status !== "success" && status !== "error")) {
    throw odd("an action with id and status");
  }
  return { id: id as number, status, words: errorWords({ error }) ?? "" };
}

/** Hetzner's own name of an error, and its words; undefined without any. */
export function errorWords({ error }: { readonly error?: unknown }): string | undefined {
  const { code, message } = fieldsOf(error);
  return typeof code === "string" ? `${code}: ${String(message)}` : undefined;
}

/** Hetzner's own name of the error in an answer, such as not_found; undefined where something else answered. */
export function codeIn({ body }: Pick<ApiAnswer, "body">): unknown {
  return fieldsOf(fieldsIn(body)["error"])["code"];
}

function odd(what: string): ProviderError {
  return unexpected("Hetzner", what);
}
