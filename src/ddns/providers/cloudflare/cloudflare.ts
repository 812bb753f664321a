import { RECORD_TYPES } from "../../record-type.ts";
import type { Method } from "../http-api.ts";
import { ADOPT_REMEDY, OWN_COMMENT } from "../own-comment.ts";
import { type DnsRecord, ProviderError, type ProviderSettings, type RecordProvider } from "../provider.ts";
import { type CloudflareAnswer, type CloudflareRecord, readRecord, readRecords } from "./answers.ts";
import { isMissing, isOf, requestError } from "./errors.ts";
import { createRequest } from "./request.ts";
import { findZone } from "./zone.ts";

/** Records of a page; one has room for all that a name has, as a rule. */
const PAGE = 100;

export interface CloudflareSettings extends ProviderSettings {
  /** The id of the zone; without it, the zone is found by the name. */
  readonly zone?: string | undefined;
  /** Whether records that others have made count as own ones. */
  readonly adopt: boolean;
  /** Whether name servers answer with addresses of Cloudflare, which passes web traffic on. */
  readonly proxied?: boolean | undefined;
}

/** The time to live of proxied records, which Cloudflare sets: 300 s. No setting can mean it. */
const AUTOMATIC_TTL = 1;

/** Cloudflare's API, version 4. It touches records with its own comment only, unless it may adopt others. */
export function createCloudflare(settings: CloudflareSettings): RecordProvider {
  const { hostname, family = 4, adopt, proxied = false } = settings;
  const type = RECORD_TYPES[family];
  const request = createRequest(settings);
  let zone = settings.zone;

  const send = async (
    method: Method,
    path: string,
    signal: AbortSignal,
    fields?: object,
  ): Promise<CloudflareAnswer> => {
    zone ??= await findZone(request, hostname, signal);
    const answer = await request(method, `/zones/${zone}/dns_records${path}`, signal, fields);
    if (!answer.ok && isOf("access", answer)) zone = settings.zone; // the name may belong to another zone by now
    return answer;
  };

  const listAll = async (signal: AbortSignal): Promise<CloudflareRecord[]> => {
    const records: CloudflareRecord[] = [];
    for (let page = 1, pages = 1; page <= pages; page += 1) {
      const query = new URLSearchParams({ type, name: hostname, per_page: String(PAGE), page: String(page) });
      const answer = await send("GET", `?${query}`, signal);
      if (!answer.ok) throw requestError("read", "cannot list the records at Cloudflare", answer);
      records.push(...readRecords(answer.result, hostname, family));
      pages = answer.pages;
    }
    return records;
  };

  const isOwn = ({ comment }: CloudflareRecord): boolean => adopt || comment === OWN_COMMENT;

  /** One that should be proxied has a time to live that is not desired until it is, so that it is changed. */
  const plain = ({ id, address, ttl, enabled, isProxied }: CloudflareRecord): DnsRecord => {
    return { id, address, ttl: proxied && !isProxied ? AUTOMATIC_TTL : ttl, enabled };
  };

  /** A record with the address that is there already, where it may count as added. */
  const findSame = async (address: string, signal: AbortSignal): Promise<DnsRecord> => {
    const same = (await listAll(signal)).filter((record) => record.address === address);
    const own = same.find(isOwn);
    if (own) return plain(own);
    const failure = `cannot add ${address} at Cloudflare`;
    if (same.length === 0) throw new ProviderError("passing", `${failure}: it is said to be there, and is not listed`);
    throw new ProviderError("refused", `${failure}: there is a record with it that this program has not made`, {
      remedy: ADOPT_REMEDY,
    });
  };

  return {
    kind: "records",
    spreads: true,
    list: async (signal) => (await listAll(signal)).filter(isOwn).map(plain),
    async change(record, { address, ttl }, signal) {
      const isProxied = proxied || record.ttl === undefined; // one that a person has set to proxied stays so
      const fields = { content: address, ttl: isProxied ? AUTOMATIC_TTL : ttl, comment: OWN_COMMENT };
      const answer = await send("PATCH", `/${record.id}`, signal, { ...fields, ...(proxied && { proxied }) });
      if (answer.ok) return;
      throw requestError("write", `cannot change a record to ${address} at Cloudflare`, answer);
    },
    async add({ address, ttl }, signal) {
      const stored = proxied ? AUTOMATIC_TTL : ttl;
      const fields = { type, name: hostname, content: address, ttl: stored, proxied, comment: OWN_COMMENT };
      const answer = await send("POST", "", signal, fields);
      if (answer.ok) return plain(readRecord(answer.result, family));
      if (isOf("identical", answer)) return findSame(address, signal);
      throw requestError("write", `cannot add ${address} at Cloudflare`, answer);
    },
    async remove({ id, address }, signal) {
      const answer = await send("DELETE", `/${id}`, signal);
      if (answer.ok || isMissing(answer)) return;
      throw requestError("write", `cannot remove ${address} at Cloudflare`, answer);
    },
  };
}
