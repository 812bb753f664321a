/** Dynu's REST interface, version 2, on a zone: as strict as the real one, and as odd. */
import { type ApiAnswer, Declined, errorAnswer, json, MOST, page, TYPES } from "./dynu-answers.ts";
import { readContent } from "./dynu-content.ts";
import type { Quirks } from "./dynu-quirks.ts";
import { type Content, type DynuZone, type FakeRecord, isApexAddress, sameName } from "./dynu-zone.ts";

export type Call = "getroot" | "domains" | "list" | "limit" | "add" | "change" | "remove";

export interface ApiRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

const ROUTES: readonly [call: Call, method: string, path: RegExp][] = [
  ["getroot", "GET", /^\/v2\/dns\/getroot\/([^/]+)$/],
  ["domains", "GET", /^\/v2\/dns$/],
  ["list", "GET", /^\/v2\/dns\/record\/(?<hostname>[^/]+)$/],
  ["list", "GET", /^\/v2\/dns\/([^/]+)\/record$/],
  ["limit", "GET", /^\/v2\/dns\/([^/]+)\/limit$/],
  ["add", "POST", /^\/v2\/dns\/([^/]+)\/record$/],
  ["change", "POST", /^\/v2\/dns\/([^/]+)\/record\/([^/]+)$/],
  ["remove", "DELETE", /^\/v2\/dns\/([^/]+)\/record\/([^/]+)$/],
];

/** The parent domain, of which the fake has no records. */
const PARENT_ID = 5;

/** Which call a request is, where it is one. */
export function callOf({ method, path }: Pick<ApiRequest, "method" | "path">): Call | undefined {
  return routeOf(method, path)?.call;
}

export class DynuApi {
  /** A and AAAA records that the account holds. */
  quota: number;
  readonly quirks: Quirks = {};
  readonly #added = new Set<number>();
  readonly #zone: DynuZone;
  readonly #key: string;
  #answers = 0;
  #unusable = 0;
  #repeats = 0;

  constructor(zone: DynuZone, key: string, quota: number) {
    this.#zone = zone;
    this.#key = key;
    this.quota = quota;
  }

  /** Carries a request out. */
  handle(request: ApiRequest): ApiAnswer {
    const agent = request.headers.get("user-agent") ?? "";
    if (agent === "" || /curl|mozilla|bun/i.test(agent)) return page(400, "Bad Request");
    this.#answers += 1;
    try {
      if (request.headers.get("api-key") !== this.#key) throw new Declined(401, "Failed.");
      const answer = json(200, { statusCode: 200, ...this.#dispatch(request) });
      const asText = (body: string): string => body.replaceAll(/("(?:id|domainId)":)(\d+)/g, '$1"$2"');
      return this.quirks.idsAsText ? { ...answer, body: asText(answer.body) } : answer;
    } catch (error) {
      if (error instanceof Declined) return this.#decline(error);
      throw error;
    }
  }

  #dispatch(request: ApiRequest): object {
    const { method, path } = request;
    if (method === "PUT") throw new Declined(501, "Method is not supported.");
    const route = routeOf(method, path);
    if (!route) throw new Declined(404, "Invalid request.");
    const { call, hostname, parameters } = route;
    if (call === "getroot") return this.#root(parameters[0]!);
    if (call === "domains") return { domains: this.#domains() };
    if (hostname !== undefined) return this.#listName(hostname, route.query.get("recordType"));
    if (int32(parameters[0]!) !== this.#zone.id) throw new Declined(404, "Domain does not exist.");
    switch (call) {
      case "list":
        return this.#list(() => true);
      case "limit":
        return this.#limits();
      case "add":
        return this.#add(this.#stored(readContent(request)));
      case "change":
        return this.#describe(this.#zone.change(this.#find(parameters[1]!).id, this.#stored(readContent(request))));
      case "remove":
        this.#zone.remove(this.#find(parameters[1]!).id);
        return {};
    }
  }

  #root(hostname: string): object {
    const node = this.#nodeOf(hostname);
    const { parent = this.#zone.domain } = this.quirks;
    const id = parent === this.#zone.domain ? this.#zone.id : PARENT_ID;
    const inside = [node, this.#zone.domain.slice(0, -parent.length - 1)].filter((part) => part !== "").join(".");
    return { id, domainName: this.#spell(parent), hostname: this.#spell(hostname), node: this.#spell(inside) };
  }

  /** The domains of the account: its own, some that have nothing to do with it, and its parent. */
  #domains(): object[] {
    const { domain, id } = this.#zone;
    const { parent } = this.quirks;
    const all = [
      [7, `x${domain}`],
      [8, "example.org"],
      ...(parent === undefined ? [] : [[PARENT_ID, parent] as const]),
      [id, domain],
    ] as const;
    return all.map(([number, name]) => ({ id: number, name: this.#spell(name), unicodeName: name, state: "Complete" }));
  }

  #listName(hostname: string, type: string | null): object {
    const node = this.#nodeOf(hostname);
    return this.#list((record) => sameName(record.nodeName, node) && (type === null || record.recordType === type));
  }

  /** The order means nothing, so it is another one each time. */
  #list(isWanted: (record: FakeRecord) => boolean): object {
    const { lag = 0, hidesAdded } = this.quirks;
    const records = this.#zone
      .recordsAt(performance.now() - lag)
      .filter((record) => !isApexAddress(record) && isWanted(record) && !(hidesAdded && this.#added.has(record.id)));
    const first = records.length && this.#answers % records.length;
    const turned = [...records.slice(first), ...records.slice(0, first)];
    const { listedAs } = this.quirks;
    const dnsRecords = turned.map((record) => this.#describe(record));
    return {
      dnsRecords: listedAs === undefined ? dnsRecords : dnsRecords.map((one) => ({ ...one, hostname: listedAs })),
    };
  }

  #stored(content: Content): Content {
    const { storedTtl, disables } = this.quirks;
    return { ...content, ttl: storedTtl?.(content.ttl) ?? content.ttl, state: disables ? false : content.state };
  }

  #limits(): object {
    const activeCount = this.#zone.counted;
    const remainingCount = Math.max(0, Math.min(this.quota, MOST) - activeCount);
    return { limits: [{ recordTypes: ["A", "AAAA"], activeCount, remainingCount }] };
  }

  #add(content: Content): object {
    const same = this.#zone.records().find((record) => isSameAddress(record, content));
    if (same && !this.quirks.doubles) {
      this.#repeats += 1;
      if (this.#repeats % 2 === 0) throw new Declined(501, "Record already exists.");
      return this.#describe(same);
    }
    if (this.#zone.counted >= this.quota) throw new Declined(503, "Quota exceeded.");
    const record = this.#zone.add(content);
    this.#added.add(record.id);
    return this.#describe(record);
  }

  #find(text: string): FakeRecord {
    const record = this.#zone.find(int32(text));
    if (!record || isApexAddress(record)) throw new Declined(404, "Record does not exist.");
    return record;
  }

  #nodeOf(hostname: string): string {
    const { domain } = this.#zone;
    if (sameName(hostname, domain)) return "";
    const node = hostname.slice(0, -domain.length - 1);
    if (node === "" || !sameName(hostname, `${node}.${domain}`)) throw new Declined(404, "Host does not exist.");
    return node;
  }

  #describe({ content, ...record }: FakeRecord): object {
    const { domain, id: domainId } = this.#zone;
    const hostname = record.nodeName === "" ? domain : `${record.nodeName}.${domain}`;
    const field = { A: "ipv4Address", AAAA: "ipv6Address", TXT: "textData", CNAME: "host" }[record.recordType];
    return {
      ...record,
      domainId,
      domainName: this.#spell(domain),
      nodeName: this.#spell(record.nodeName),
      hostname: this.#spell(hostname),
      content: `${hostname}. ${record.ttl} IN ${record.recordType} ${content}`,
      updatedOn: this.#answers % 2 === 0 ? "2025-06-31T24:00:61.7" : "",
      ...(field && { [field]: content }),
    };
  }

  /** A name with other letter case, now and then. */
  #spell(name: string): string {
    const spellings = [name, name.toUpperCase(), name.replace(/^[a-z]/, (letter) => letter.toUpperCase())];
    return spellings[this.#answers % spellings.length]!;
  }

  /** The error of a declined request. Its form changes all the time, and so does the HTTP status of those above 500. */
  #decline({ statusCode, message }: Declined): ApiAnswer {
    this.#unusable += 1;
    const status = statusCode > 500 && this.#unusable % 3 === 0 ? 200 : statusCode;
    return errorAnswer({ status, statusCode, type: TYPES[statusCode], message, nested: this.#unusable % 2 === 0 });
  }
}

function routeOf(method: string, path: string) {
  const url = new URL(path, "http://dynu.invalid");
  for (const [call, routeMethod, pattern] of ROUTES) {
    const match = routeMethod === method ? pattern.exec(url.pathname) : null;
    if (!match) continue;
    const parameters = match.slice(1).map((text) => decodeURIComponent(text));
    return { call, parameters, hostname: match.groups && parameters[0], query: url.searchParams };
  }
  return undefined;
}

function int32(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > MOST) throw new Declined(501, "Id is not valid.");
  return Number(text);
}

function isSameAddress(one: Content, other: Content): boolean {
  return one.recordType === other.recordType && one.content === other.content && sameName(one.nodeName, other.nodeName);
}
