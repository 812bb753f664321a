import { OWN_COMMENT } from "../../src/ddns/providers/own-comment.ts";
import { FakeHttpApi, type HttpRequest, isOfType, objectOf } from "./http-api.ts";

/** A record as the API shows it. */
export interface CloudflareRecord {
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly content: string;
  readonly ttl: number;
  readonly proxied: boolean;
  readonly comment: string | null;
}

const error = (code: number, message: string) => ({ code, message });

/** Cloudflare's API in memory, with two zones of which one holds the other. It declines what Cloudflare declines. */
export class FakeCloudflare extends FakeHttpApi {
  readonly secret = "t0ken-of-40-letters-and-digits-abcdefghij";
  readonly zones: Record<string, string> = { "example.net": "zone1", "vpn.example.net": "zone2" };
  records: (CloudflareRecord & { readonly zone: string })[] = [];
  /** Whether the token may see zones. Without it, the list of them is empty. */
  readsZones = true;
  /** Whether the token may write records. */
  writes = true;
  /** How many records the zone takes. */
  quota = Infinity;
  /** How many records a page has at most. */
  pageSize = 100;
  #lastId = 0;

  constructor() {
    super("https://api.cloudflare.com/client/v4");
  }

  put(record: Partial<CloudflareRecord> & { readonly content: string }, zone = "zone1"): CloudflareRecord {
    const id = `id${(this.#lastId += 1)}`;
    const whole = {
      type: "A",
      name: "gw.example.net",
      ttl: 60,
      proxied: false,
      comment: OWN_COMMENT,
      ...record,
      id,
      zone,
    };
    this.records.push(automatic(whole));
    return whole;
  }

  addresses(name = "gw.example.net"): string[] {
    return this.records
      .filter((one) => one.type === "A" && one.name === name)
      .map(({ content }) => content)
      .sort();
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/dns_records");
  }

  protected tooMany(): Response {
    return failed(429, error(10013, "Rate limited"));
  }

  protected answer({ method, path, url, headers, body }: HttpRequest): Response {
    if (headers.get("authorization") !== `Bearer ${this.secret}`) {
      return failed(400, error(6003, "Invalid request headers"));
    }
    const fields = objectOf(body);
    if (path === "/zones") return this.#listZones(url.searchParams.get("name"));
    const [, zone = "", id] = /^\/zones\/([^/]+)\/dns_records(?:\/([^/]+))?$/.exec(path) ?? [];
    if (!Object.values(this.zones).includes(zone)) {
      return failed(404, error(7003, `Could not route to ${path}, perhaps your object identifier is invalid?`));
    }
    if (method === "GET") return this.#list(zone, url.searchParams);
    if (!this.writes) return failed(403, error(10000, "Authentication error"));
    if (method === "POST" && id === undefined) return this.#create(zone, fields ?? {});
    const record = this.records.find((one) => one.id === id && one.zone === zone);
    if (!record) return failed(404, error(81044, "Record does not exist."));
    if (method === "PATCH") return this.#patch(record, fields ?? {});
    if (method !== "DELETE") return failed(405, error(7001, `Method ${method} not available`));
    this.records = this.records.filter((one) => one !== record);
    return succeeded({ id });
  }

  #listZones(name: string | null): Response {
    const found = Object.entries(this.zones).filter(([zone]) => this.readsZones && zone === name);
    return succeeded(found.map(([zone, id]) => ({ id, name: zone })));
  }

  #list(zone: string, query: URLSearchParams): Response {
    const found = this.records.filter(
      (one) => one.zone === zone && one.name === query.get("name")!.toLowerCase() && one.type === query.get("type"),
    );
    const size = Math.min(this.pageSize, Number(query.get("per_page")));
    const page = Number(query.get("page"));
    const records = found.slice((page - 1) * size, page * size).map(shown);
    return succeeded(records, { page, total_pages: Math.max(1, Math.ceil(found.length / size)) });
  }

  #create(zone: string, fields: Record<string, unknown>): Response {
    const declined = this.#faultOf(zone, fields, undefined);
    if (declined) return failed(400, declined);
    if (this.records.length >= this.quota) return failed(400, error(81045, "Record quota exceeded."));
    return succeeded(shown(this.put(fields as unknown as CloudflareRecord, zone)));
  }

  #patch(record: CloudflareRecord & { readonly zone: string }, fields: Record<string, unknown>): Response {
    const declined = this.#faultOf(record.zone, { ...record, ...fields }, record.id);
    if (declined) return failed(400, declined);
    const changed = automatic({ ...record, ...fields });
    this.records = this.records.map((one) => (one === record ? changed : one));
    return succeeded(shown(changed));
  }

  #faultOf(zone: string, { type, name, content, ttl, comment }: Record<string, unknown>, id: string | undefined) {
    const others = this.records.filter((one) => one.zone === zone && one.name === name && one.id !== id);
    if (!isOfType(String(type), content)) return error(9005, `Content for ${type} record is invalid.`);
    if (ttl !== 1 && !(Number(ttl) >= 60 && Number(ttl) <= 86_400))
      return error(9021, "TTL must be between 60 and 86400.");
    if (typeof comment === "string" && comment.length > 100) return error(9313, "Comment too long.");
    if (others.some((one) => one.type === "CNAME"))
      return error(81054, "A CNAME record with that host already exists.");
    const isSame = others.some((one) => one.type === type && one.content === content);
    return isSame ? error(81058, "An identical record already exists.") : undefined;
  }
}

function shown({ id, type, name, content, ttl, proxied, comment }: CloudflareRecord): CloudflareRecord {
  return { id, type, name, content, ttl, proxied, comment };
}

/** Proxied records have the automatic time to live, whatever was asked for. */
function automatic<T extends CloudflareRecord>(record: T): T {
  return record.proxied ? { ...record, ttl: 1 } : record;
}

function succeeded(result: unknown, info?: object): Response {
  return Response.json({ success: true, errors: [], messages: [], result, ...(info && { result_info: info }) });
}

function failed(status: number, ...errors: readonly object[]): Response {
  return Response.json({ success: false, errors, messages: [], result: null }, { status });
}
