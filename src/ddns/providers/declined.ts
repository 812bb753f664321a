import { parseJson } from "../../text/json.ts";
import { excerpt } from "../../text/redact.ts";
import { type Fields, fieldsOf, isObject } from "./fields.ts";
import type { ApiAnswer } from "./http-api.ts";
import { ProviderError, type ProviderErrorKind } from "./provider.ts";

/** What a person can do about a request that was declined. */
export interface Remedies {
  /** The key is not valid. */
  readonly key: string;
  /** The key lacks a right, or what it names is not there. */
  readonly right: string;
}

/** A request that a provider declined. */
export interface Declined {
  readonly access: "read" | "write";
  /** What could not be done, and at which provider. */
  readonly what: string;
  readonly answer: ApiAnswer;
  /** The provider's own words, without secrets; undefined where something else answered, which may pass. */
  readonly words: string | undefined;
  readonly remedies: Remedies;
}

/** The error for it, by the HTTP status. A declined read needs a person, a declined write leaves other writes to try. */
export function declined({ access, what, answer, words, remedies }: Declined): ProviderError {
  const { status, retryAfter } = answer;
  const text = `${what}: HTTP status ${status}${words === undefined ? "" : ` ${words}`}`;
  const [kind, remedy] = words === undefined ? (["passing"] as const) : meaningOf(status, access, remedies);
  return new ProviderError(kind, text, { remedy, retryAfter });
}

function meaningOf(
  status: number,
  access: "read" | "write",
  { key, right }: Remedies,
): readonly [ProviderErrorKind, remedy?: string] {
  switch (status) {
    case 400:
    case 422:
      return [access === "write" ? "refused" : "access"];
    case 401:
      return ["access", key];
    case 403:
    case 404:
      return ["access", right];
    default: // also 429, which says when the next request is allowed
      return ["passing"];
  }
}

/**
 * The words of a provider in an answer, for a message.
 *
 * @param read picks those for people out of the JSON; the whole of it counts without them
 * @returns undefined where the answer is no JSON, so that it is none of the provider
 */
export function wordsIn(
  body: string,
  secrets: readonly string[],
  read: (fields: Fields) => unknown = () => undefined,
): string | undefined {
  const json = parseJson(body);
  if (!isObject(json) && !Array.isArray(json)) return undefined;
  const words = read(fieldsOf(json));
  return excerpt(typeof words === "string" && words !== "" ? words : body, secrets);
}

/** The error for an answer that is not what it should be. */
export function unexpected(provider: string, what: string): ProviderError {
  return new ProviderError("passing", `unexpected answer of ${provider}: expected ${what}`);
}
