import type { Family } from "../../net/address.ts";
import { RECORD_TYPES } from "../record-type.ts";
import { declined, unexpected, wordsIn } from "./declined.ts";
import { fieldsIn, readAddress, readTtl } from "./fields.ts";
import { type ApiAnswer, isDone } from "./http-api.ts";
import { createAuthorizedApi } from "./json-api.ts";
import { ProviderError, type ProviderSettings, type RecordSet, type SetProvider } from "./provider.ts";
import { longestZone, nameInZone } from "./zone-names.ts";

const API_URL = "https://api.gandi.net/v5/livedns";

/** The least time to live, in seconds (the default of go-acme/lego, providers/dns/gandiv5, which is also the least). */
const LEAST_TTL = 300;

const REMEDIES = {
  key: "check -ddns-password: it has to be a personal access token that has not expired",
  right: 'give the personal access token the permission "Manage domain name technical configurations" for the domain',
};

/**
 * Gandi's LiveDNS, version 5 of the API, which takes all records of a name and a type at once. Source:
 * https://api.gandi.net/docs/livedns/.
 */
export function createGandi(settings: ProviderSettings): SetProvider {
  const { hostname, family = 4, password } = settings;
  const type = RECORD_TYPES[family];
  const request = createAuthorizedApi("Gandi", "Bearer", API_URL, settings);
  let domain: string | undefined;

  const failure = (access: "read" | "write", what: string, answer: ApiAnswer): ProviderError => {
    const words = wordsIn(answer.body, [password], ({ message }) => message);
    return declined({ access, what: `cannot ${what} at Gandi`, answer, words, remedies: REMEDIES });
  };

  /** A token may see some domains alone, and is denied the others whether they exist or not. */
  const findDomain = async (signal: AbortSignal): Promise<string> => {
    let denial: ApiAnswer | undefined;
    const found = await longestZone(hostname, async (name) => {
      const answer = await request("GET", `/domains/${name}`, signal);
      if (answer.status === 403) denial ??= answer;
      else if (isDone(answer)) return readDomain(answer.body, name);
      else if (!isMissing(answer)) {
        throw failure("read", `find the domain of ${hostname}`, answer);
      }
      return undefined;
    });
    if (found !== undefined) return found;
    if (denial) throw failure("read", `find the domain of ${hostname}`, denial);
    throw new ProviderError("access", `the account at Gandi has no domain in LiveDNS that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and whose token -ddns-password is",
    });
  };

  const pathOf = async (signal: AbortSignal): Promise<string> => {
    domain ??= await findDomain(signal);
    return `/domains/${domain}/records/${nameInZone(hostname, domain)}/${type}`;
  };

  return {
    kind: "set",
    async read(signal) {
      const answer = await request("GET", await pathOf(signal), signal);
      if (isMissing(answer)) return { addresses: [], ttl: undefined, leastTtl: LEAST_TTL };
      if (!isDone(answer)) throw failure("read", `read the ${type} records of ${hostname}`, answer);
      return { ...readSet(answer.body, family), leastTtl: LEAST_TTL };
    },
    async replace({ addresses, ttl }, _, signal) {
      const path = await pathOf(signal);
      const answer =
        addresses.length === 0
          ? await request("DELETE", path, signal)
          : await request("PUT", path, signal, { rrset_values: addresses, rrset_ttl: Math.max(ttl, LEAST_TTL) });
      if (isDone(answer) || (addresses.length === 0 && isMissing(answer))) return;
      if (answer.status === 404) domain = undefined; // the name may belong to another domain by now
      throw failure("write", `write the ${type} records of ${hostname}`, answer);
    },
  };
}

/** Whether something is not there, by the word of Gandi: that of a proxy in between has another form. */
function isMissing({ status, body }: ApiAnswer): boolean {
  return status === 404 && fieldsIn(body)["code"] === 404;
}

function readDomain(body: string, name: string): string {
  if (fieldsIn(body)["fqdn"] !== name) throw unexpected("Gandi", `the domain ${name}`);
  return name;
}

function readSet(body: string, family: Family): RecordSet {
  const { rrset_values: values, rrset_ttl: ttl } = fieldsIn(body);
  if (!Array.isArray(values)) throw unexpected("Gandi", "a list of values");
  const addresses = values.map((value) => readAddress(value, family));
  if (addresses.includes(undefined)) throw unexpected("Gandi", `IPv${family} addresses`);
  return { addresses: [...new Set(addresses as string[])], ttl: readTtl(ttl) };
}
