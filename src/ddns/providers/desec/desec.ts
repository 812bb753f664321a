import { RECORD_TYPES } from "../../record-type.ts";
import { wordsIn } from "../declined.ts";
import { type ApiAnswer, isDone } from "../http-api.ts";
import { createAuthorizedApi } from "../json-api.ts";
import { ProviderError, type ProviderSettings, type SetProvider } from "../provider.ts";
import { readRecordSet, readZone, type Zone } from "./answers.ts";
import { createDynDns, DYNDNS_TTL, plainWordsIn } from "./dyndns.ts";
import { requestError } from "./errors.ts";

const API_URL = "https://desec.io/api/v1";

/**
 * deSEC's API, version 1, which takes all records of a name and a type at once. Source: its documentation in
 * desec-io/desec-stack, docs/dns. A time to live of a minute or less that the domain does not take is written by dynDNS.
 */
export function createDesec(settings: ProviderSettings): SetProvider {
  const { hostname, family = 4, password, ttl: wantedTtl, apiUrl } = settings;
  const type = RECORD_TYPES[family];
  const request = createAuthorizedApi("deSEC", "Token", API_URL, settings);
  const update = createDynDns(settings);
  const mayUpdate = apiUrl === undefined && wantedTtl !== undefined && wantedTtl <= DYNDNS_TTL;
  let zone: Zone | undefined;

  const failure = (access: "read" | "write", what: string, answer: ApiAnswer): ProviderError =>
    requestError(access, what, answer, wordsIn(answer.body, [password]));

  const findZone = async (signal: AbortSignal): Promise<Zone> => {
    const query = new URLSearchParams({ owns_qname: hostname.toLowerCase() });
    const answer = await request("GET", `/domains/?${query}`, signal);
    if (answer.status !== 200) throw failure("read", `cannot find the domain of ${hostname}`, answer);
    const found = readZone(answer.body, hostname);
    if (found) return found;
    throw new ProviderError("access", `the account at deSEC has no domain that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and whose token -ddns-password is",
    });
  };

  /** The least time to live that can be had, in seconds. */
  const leastTtlIn = (found: Zone): number => (mayUpdate ? Math.min(found.leastTtl, DYNDNS_TTL) : found.leastTtl);

  return {
    kind: "set",
    async read(signal) {
      zone ??= await findZone(signal);
      const { domain, subname } = zone;
      const leastTtl = leastTtlIn(zone);
      const answer = await request("GET", `/domains/${domain}/rrsets/${subname || "@"}/${type}/`, signal);
      if (answer.status === 404) return { addresses: [], ttl: undefined, leastTtl };
      if (answer.status !== 200) throw failure("read", `cannot read the records of ${hostname}`, answer);
      return { ...readRecordSet(answer.body, family), leastTtl };
    },
    async replace({ addresses, ttl }, _, signal) {
      const { domain, subname, leastTtl } = (zone ??= await findZone(signal));
      const byUpdate = mayUpdate && leastTtl > DYNDNS_TTL && addresses.length > 0;
      const set = { subname, type, ttl: Math.max(ttl, leastTtl), records: addresses };
      const answer = byUpdate
        ? await update(addresses, signal)
        : await request("PUT", `/domains/${domain}/rrsets/`, signal, [set]);
      if (isDone(answer)) return;
      if (answer.status === 404) zone = undefined; // the name may belong to another domain by now
      const what = `cannot write the ${type} records of ${hostname}`;
      throw byUpdate
        ? requestError("write", what, answer, plainWordsIn(answer.body, [password]))
        : failure("write", what, answer);
    },
  };
}
