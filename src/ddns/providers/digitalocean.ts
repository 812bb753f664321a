import type { Family } from "../../net/address.ts";
import { RECORD_TYPES } from "../record-type.ts";
import { declined, unexpected, wordsIn } from "./declined.ts";
import { type Fields, fieldsIn, fieldsOf, objectsIn, readAddress, readTtl } from "./fields.ts";
import { type ApiAnswer, isDone, type Method } from "./http-api.ts";
import { createAuthorizedApi } from "./json-api.ts";
import { type DnsRecord, ProviderError, type ProviderSettings, type RecordProvider } from "./provider.ts";
import { longestZone, nameInZone } from "./zone-names.ts";

const API_URL = "https://api.digitalocean.com/v2";

/** Records of a page, the most that there can be. */
const PAGE = 200;

/** Pages that are read at most: no name has so many records. */
const MOST_PAGES = 20;

/** The least time to live, in seconds (digitalocean answers 422 below: Pelado-Nerdworks/peladonerd#44). */
const LEAST_TTL = 30;

/** What a token may do, by the names that DigitalOcean has for it. */
type Scope = "domain:read" | "domain:create" | "domain:update" | "domain:delete";

/**
 * DigitalOcean's API, version 2, which takes one record at a time. Source:
 * https://docs.digitalocean.com/products/networking/dns/reference/api/domain-records/.
 */
export function createDigitalOcean(settings: ProviderSettings): RecordProvider {
  const { hostname, family = 4, password } = settings;
  const type = RECORD_TYPES[family];
  const request = createAuthorizedApi("DigitalOcean", "Bearer", API_URL, settings);
  let domain: string | undefined;

  const failure = (scope: Scope, what: string, answer: ApiAnswer): ProviderError => {
    const words = wordsIn(answer.body, [password], ({ message }) => message);
    const remedies = {
      key: "check -ddns-password: the token is not valid, or has expired",
      right: `give the token the scope ${scope}`,
    };
    const access = scope === "domain:read" ? "read" : "write";
    return declined({ access, what: `cannot ${what} at DigitalOcean`, answer, words, remedies });
  };

  const findDomain = async (signal: AbortSignal): Promise<string> => {
    const found = await longestZone(hostname, async (name) => {
      const answer = await request("GET", `/domains/${name}`, signal);
      if (isMissing(answer)) return undefined;
      if (!isDone(answer)) throw failure("domain:read", `find the domain of ${hostname}`, answer);
      if (fieldsOf(fieldsIn(answer.body)["domain"])["name"] !== name) throw odd(`the domain ${name}`);
      return name;
    });
    if (found !== undefined) return found;
    throw new ProviderError("access", `the account at DigitalOcean has no domain that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and whose token -ddns-password is",
    });
  };

  const ask = async (method: Method, path: string, signal: AbortSignal, fields?: object): Promise<ApiAnswer> => {
    domain ??= await findDomain(signal);
    return request(method, `/domains/${domain}/records${path}`, signal, fields);
  };

  const contentOf = ({ address, ttl }: { readonly address: string; readonly ttl: number }): object => {
    return { type, name: nameInZone(hostname, domain!), data: address, ttl: Math.max(ttl, LEAST_TTL) };
  };

  const list = async (signal: AbortSignal): Promise<DnsRecord[]> => {
    domain ??= await findDomain(signal);
    const name = nameInZone(hostname, domain);
    const found: Fields[] = [];
    for (let page = 1, total = 1; found.length < total; page += 1) {
      if (page > MOST_PAGES) throw odd(`${MOST_PAGES} pages of records or less`);
      const query = new URLSearchParams({
        type,
        name: hostname.toLowerCase(),
        per_page: String(PAGE),
        page: String(page),
      });
      const answer = await ask("GET", `?${query}`, signal);
      if (isMissing(answer)) domain = undefined; // the name may belong to another domain by now
      if (!isDone(answer)) throw failure("domain:read", `list the ${type} records of ${hostname}`, answer);
      const { domain_records, meta } = fieldsIn(answer.body);
      const records = objectsIn(domain_records);
      if (!records) throw odd("a list of records");
      if (records.length === 0) break;
      found.push(...records);
      total = Number(fieldsOf(meta)["total"]);
    }
    return found.filter((one) => one["type"] === type && one["name"] === name).map((one) => readRecord(one, family));
  };

  return {
    kind: "records",
    leastTtl: LEAST_TTL,
    list,
    async change({ id }, content, signal) {
      domain ??= await findDomain(signal);
      const answer = await ask("PUT", `/${id}`, signal, contentOf(content));
      if (isDone(answer)) return;
      const what = `change a record to ${content.address}`;
      if (!isMissing(answer)) throw failure("domain:update", what, answer);
      throw new ProviderError("passing", `cannot ${what} at DigitalOcean: the record is gone`, { gone: true });
    },
    async add(content, signal) {
      domain ??= await findDomain(signal);
      const answer = await ask("POST", "", signal, contentOf(content));
      if (isDone(answer)) return readRecord(fieldsOf(fieldsIn(answer.body)["domain_record"]), family);
      const isThere = answer.status === 422 && (await list(signal)).find(({ address }) => address === content.address);
      if (isThere) return isThere;
      throw failure("domain:create", `add ${content.address}`, answer);
    },
    async remove({ id, address }, signal) {
      const answer = await ask("DELETE", `/${id}`, signal);
      if (!isDone(answer) && !isMissing(answer)) throw failure("domain:delete", `remove ${address}`, answer);
    },
  };
}

/** Whether something is not there, by the word of DigitalOcean: that of a proxy in between has another form. */
function isMissing({ status, body }: ApiAnswer): boolean {
  return status === 404 && fieldsIn(body)["id"] === "not_found";
}

function readRecord({ id, data, ttl }: Fields, family: Family): DnsRecord {
  const address = readAddress(data, family);
  if (!Number.isSafeInteger(id) || address === undefined) throw odd("a record with id and address");
  return { id: String(id), address, ttl: readTtl(ttl), enabled: true };
}

function odd(what: string): ProviderError {
  return unexpected("DigitalOcean", what);
}
