import type { Family } from "../../../net/address.ts";
import { excerpt } from "../../../text/redact.ts";
import type { ApiAnswer } from "../http-api.ts";
import { createAuthorizedApi } from "../json-api.ts";
import type { ProviderSettings } from "../provider.ts";

/** deSEC's own; another installation has another one. */
const UPDATE_URL = "https://update.dedyn.io";

/** The time to live of all that is written by dynDNS, in seconds, whatever the least one of the domain is. */
export const DYNDNS_TTL = 60;

/** Puts these addresses in the place of all of the family. */
export type UpdateByDynDns = (addresses: readonly string[], signal: AbortSignal) => Promise<ApiAnswer>;

const PARAMETERS: Readonly<Record<Family, string>> = { 4: "myipv4", 6: "myipv6" };

/**
 * The dynDNS service of deSEC, which takes several addresses. Both families are always named: that of the connection would
 * be taken for a missing one. Source: desec-io/desec-stack, docs/dyndns/update-api.rst and api/desecapi/views/dyndns.py.
 */
export function createDynDns(settings: ProviderSettings): UpdateByDynDns {
  const { hostname, family = 4 } = settings;
  const request = createAuthorizedApi("deSEC", "Token", UPDATE_URL, { ...settings, apiUrl: UPDATE_URL });
  return (addresses, signal) => {
    const others = { [PARAMETERS[4]]: "preserve", [PARAMETERS[6]]: "preserve" };
    const own = { [PARAMETERS[family]]: addresses.join() };
    return request("GET", `/?${new URLSearchParams({ hostname: hostname.toLowerCase(), ...others, ...own })}`, signal);
  };
}

/** The words of the service, which are plain text; undefined for a page, which is that of a proxy in between. */
export function plainWordsIn(body: string, secrets: readonly string[]): string | undefined {
  return body.trim() === "" || body.includes("<") ? undefined : excerpt(body.trim(), secrets);
}
