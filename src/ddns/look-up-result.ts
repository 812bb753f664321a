import type { FetchFailureCode } from "../fetch/failure.ts";

/** Why a look-up gave no address. */
export type LookUpFailureCode =
  | FetchFailureCode
  | "unauthorized" // status 401 or 403
  | "not-found" // status 404
  | "redirect" // a status of 300 to 399, which is not followed
  | "status" // any other status that is not 2xx
  | "too-long" // more bytes than any such answer has
  | "empty" // an answer without content
  | "not-json" // it begins as JSON and is none
  | "no-address-field" // JSON without any of the known fields
  | "no-address" // the field is empty: the gateway has no VPN connection, or does not know its address
  | "not-an-address" // something other than an address of the family that was asked for
  | "not-public"; // an address that is not globally routable

/** A public address, or why there is none. */
export type Answer =
  | { readonly kind: "success"; readonly address: string }
  | {
      readonly kind: "failure";
      readonly code: LookUpFailureCode;
      /** The failure in a few words, without secrets and control characters. */
      readonly detail: string;
      /** What to do about it, where that does not depend on the gateway. */
      readonly remedy?: string | undefined;
      /** The wait that the service asked for (Retry-After), in milliseconds. */
      readonly retryAfterMs?: number | undefined;
    };

type Failure = Extract<Answer, { readonly kind: "failure" }>;

/** How a look-up ended, and the seconds that it took. */
export type LookUpResult = Answer & { readonly seconds: number };

export function failed(code: LookUpFailureCode, detail: string, remedy?: string): Failure {
  return { kind: "failure", code, detail, remedy };
}
