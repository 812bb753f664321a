import { declined, wordsIn } from "../declined.ts";
import type { ApiAnswer } from "../http-api.ts";
import { ProviderError, type ProviderErrorKind } from "../provider.ts";
import { codeIn, errorWords } from "./answers.ts";

const REMEDIES = {
  key: "check -ddns-password: it has to be an API token of the Hetzner Console that was not deleted",
  right: "create the token with the permission Read & Write, in the project that has the zone",
};

/** Errors that mean something else than their HTTP status says alone (https://docs.hetzner.cloud/reference/cloud#errors). */
const CODES: ReadonlyMap<unknown, readonly [ProviderErrorKind, remedy?: string]> = new Map([
  ["resource_limit_exceeded", ["quota"]],
  ["protected", ["refused", "remove the protection of the records in the Hetzner Console"]],
  ["incorrect_zone_mode", ["access", "the zone is a secondary one at Hetzner: update the name at its primary server"]],
]);

/** A request that Hetzner declined. */
export function requestError(
  access: "read" | "write",
  what: string,
  answer: ApiAnswer,
  secrets: readonly string[],
): ProviderError {
  const words = codeIn(answer) === undefined ? undefined : wordsIn(answer.body, secrets, errorWords);
  const error = declined({ access, what: `cannot ${what} at Hetzner`, answer, words, remedies: REMEDIES });
  const special = CODES.get(codeIn(answer));
  if (!special) return error;
  return new ProviderError(special[0], error.detail, { remedy: special[1], retryAfter: answer.retryAfter });
}

/** Whether something is not there, by the word of Hetzner: that of a proxy in between has another form. */
export function isMissing(answer: ApiAnswer): boolean {
  return answer.status === 404 && codeIn(answer) === "not_found";
}
