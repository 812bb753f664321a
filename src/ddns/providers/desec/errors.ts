import { declined } from "../declined.ts";
import type { ApiAnswer } from "../http-api.ts";
import type { ProviderError } from "../provider.ts";

const REMEDIES = {
  key: "check -ddns-password: the token is not valid",
  right: "check the policies of the token, which must be allowed to write the records of the name",
};

/**
 * A request that deSEC declined.
 *
 * @param words those of deSEC in the answer; undefined where something else answered
 */
export function requestError(
  access: "read" | "write",
  what: string,
  answer: ApiAnswer,
  words: string | undefined,
): ProviderError {
  return declined({ access, what: `${what} at deSEC`, answer, words, remedies: REMEDIES });
}
