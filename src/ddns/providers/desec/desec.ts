import { RECORD_TYPES } from "../../record-type.ts";
import { isDone } from "../http-api.ts";
import { createAuthorizedApi } from "../json-api.ts";
import { ProviderError, type ProviderSettings, type SetProvider } from "../provider.ts";
import { readRecordSet, readZone, type Zone } from "./answers.ts";
import { requestError } from "./errors.ts";

const API_URL = "https://desec.io/api/v1";

/**
 * deSEC's API, version 1, which takes all records of a name and a type at once. Source: its documentation in
 * desec-io/desec-stack, docs/dns.
 */
export function createDesec(settings: ProviderSettings): SetProvider {
  const { hostname, family = 4, password } = settings;
  const type = RECORD_TYPES[family];
  const request = createAuthorizedApi("deSEC", "Token", API_URL, settings);
  let zone: Zone | undefined;

  const findZone = async (signal: AbortSignal): Promise<Zone> => {
    const query = new URLSearchParams({ owns_qname: hostname.toLowerCase() });
    const answer = await request("GET", `/domains/?${query}`, signal);
    if (answer.status !== 200) throw requestError("read", `cannot find the domain of ${hostname}`, answer, [password]);
    const found = readZone(answer.body, hostname);
    if (found) return found;
    throw new ProviderError("access", `the account at deSEC has no domain that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and whose token -ddns-password is",
    });
  };

  return {
    kind: "set",
    async read(signal) {
      const { domain, subname, leastTtl } = (zone ??= await findZone(signal));
      const answer = await request("GET", `/domains/${domain}/rrsets/${subname || "@"}/${type}/`, signal);
      if (answer.status === 404) return { addresses: [], ttl: undefined, leastTtl };
      if (answer.status !== 200)
        throw requestError("read", `cannot read the records of ${hostname}`, answer, [password]);
      return { ...readRecordSet(answer.body, family), leastTtl };
    },
    async replace({ addresses, ttl }, _, signal) {
      const { domain, subname, leastTtl } = (zone ??= await findZone(signal));
      const set = { subname, type, ttl: Math.max(ttl, leastTtl), records: addresses };
      const answer = await request("PUT", `/domains/${domain}/rrsets/`, signal, [set]);
      if (isDone(answer)) return;
      if (answer.status === 404) zone = undefined; // the name may belong to another domain by now
      throw requestError("write", `cannot write the ${type} records of ${hostname}`, answer, [password]);
    },
  };
}
