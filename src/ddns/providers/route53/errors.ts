import { excerpt } from "../../../text/redact.ts";
import type { ApiAnswer } from "../http-api.ts";
import { ProviderError } from "../provider.ts";
import { textIn } from "./xml.ts";

const KEY_REMEDY = "check -ddns-username (the access key ID) and -ddns-password (the secret access key)";

/** What a person has to change, by Amazon's names of errors, where the HTTP status says too little. */
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["InvalidClientTokenId", KEY_REMEDY],
  ["SignatureDoesNotMatch", `${KEY_REMEDY}, and the clock of this machine`],
  ["NoSuchHostedZone", "check -ddns-zone"],
]);

/** Errors with status 400 that pass: too many requests, or another one for the zone that has not ended. */
const PASSING: readonly string[] = ["Throttling", "ThrottlingException", "PriorRequestNotComplete"];

/** A request that Route 53 declined. */
export interface Decline {
  readonly access: "read" | "write";
  readonly what: string;
  readonly answer: ApiAnswer;
  /** The permission that it takes, and for what. */
  readonly permission: string;
  readonly secrets: readonly string[];
}

/** The error for it. A declined read needs a person, a declined write leaves other writes to try. */
export function requestError({ access, what, answer, permission, secrets }: Decline): ProviderError {
  const { status, body, retryAfter } = answer;
  const code = codeIn(answer);
  const words = code === undefined ? "" : ` ${code} ${excerpt(textIn(body, "Message") ?? "", secrets)}`;
  const text = `cannot ${what} at Route 53: HTTP status ${status}${words}`;
  const isPassing = code === undefined || PASSING.includes(code) || status === 429 || status >= 500;
  if (isPassing) return new ProviderError("passing", text, { retryAfter });
  const remedy = REMEDIES.get(code) ?? (code.startsWith("AccessDenied") ? `allow the key ${permission}` : undefined);
  const isAccess = remedy !== undefined || status === 401 || status === 403 || access === "read";
  return new ProviderError(isAccess ? "access" : "refused", text, {
    remedy: remedy ?? (isAccess ? KEY_REMEDY : undefined),
    retryAfter,
  });
}

/** Amazon's name of the error in an answer; undefined where something else answered. */
export function codeIn({ body }: Pick<ApiAnswer, "body">): string | undefined {
  const code = textIn(textIn(body, "Error") ?? "", "Code");
  return code !== undefined && /^\w{1,64}$/.test(code) ? code : undefined;
}
