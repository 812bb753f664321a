import type { ProviderErrorKind } from "./providers/provider.ts";

/** Failures in a row that may pass by themselves, as an outage of the provider or of the network does. */
const PASSING_FAILURES = 2;

/**
 * Whether a person has to know of a failure at the provider: at once where waiting does not help, such as with a wrong key,
 * else from the third in a row on. Notifications and the verdict of the status follow this.
 *
 * @param failures in a row, this one included
 */
export function isLasting(kind: ProviderErrorKind, failures: number): boolean {
  return kind !== "passing" || failures > PASSING_FAILURES;
}
