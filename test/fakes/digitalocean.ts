import { canonical, FakeHttpApi, type HttpRequest, isOfType, objectOf } from "./http-api.ts";

/** A record as the API shows it. */
export interface DigitalOceanRecord {
  readonly id: number;
  readonly type: string;
  readonly name: string;
  readonly data: string;
  readonly ttl: number;
}

type Stored = DigitalOceanRecord & { readonly domain: string };

/** What a token may do. */
export const SCOPES = ["domain:read", "domain:create", "domain:update", "domain:delete"] as const;

const NEEDED: Readonly<Record<string, (typeof SCOPES)[number]>> = {
  GET: "domain:read",
  POST: "domain:create",
  PUT: "domain:update",
  DELETE: "domain:delete",
};

/** DigitalOcean's API in memory, with two domains of which one holds the other. It declines what the API declines. */
export class FakeDigitalOcean extends FakeHttpApi {
  readonly secret = "dop_v1_6b0f52c1f5b143e0a7d1";
  readonly domains = ["example.net", "vpn.example.net"];
  scopes: readonly string[] = SCOPES;
  /** Whether a record is declined that is there already. */
  declinesSame = false;
  /** How many records a page has at most. */
  pageSize = 200;
  records: readonly Stored[] = [];
  #lastId = 28_448_428;

  constructor() {
    super("https://api.digitalocean.com/v2");
  }

  put(record: Partial<DigitalOceanRecord> & { readonly data: string }, domain = "example.net"): DigitalOceanRecord {
    const whole = { type: "A", name: "gw", ttl: 600, ...record, id: (this.#lastId += 1), domain };
    this.records = [...this.records, whole];
    return whole;
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/records");
  }

  protected tooMany(): Response {
    return error(429, "too_many_requests", "API Rate limit exceeded.");
  }

  protected answer(request: HttpRequest): Response {
    const { method, path, headers, url, body } = request;
    if (headers.get("authorization") !== `Bearer ${this.secret}`) {
      return error(401, "unauthorized", "Unable to authenticate you");
    }
    const needed = NEEDED[method];
    if (needed === undefined) return error(405, "method_not_allowed", "Method not allowed");
    if (!this.scopes.includes(needed)) {
      return error(403, "forbidden", "You are not authorized to perform this operation");
    }
    const [, domain = "", rest] = /^\/domains\/([^/]+)(\/records(?:\/\d+)?)?$/.exec(path) ?? [];
    if (!this.domains.includes(domain)) return missing();
    if (rest === undefined) return Response.json({ domain: { name: domain, ttl: 1800, zone_file: "" } });
    if (rest === "/records") {
      return method === "GET" ? this.#list(domain, url.searchParams) : this.#create(domain, body);
    }
    return this.#one(method, domain, Number(rest.split("/").at(-1)), body);
  }

  #list(domain: string, query: URLSearchParams): Response {
    const found = this.records.filter((one) => {
      const full = one.name === "@" ? domain : `${one.name}.${domain}`;
      return one.domain === domain && one.type === query.get("type") && full === query.get("name");
    });
    const size = Math.min(this.pageSize, Number(query.get("per_page")));
    const page = Number(query.get("page"));
    const next =
      page * size < found.length ? { pages: { next: `https://api.digitalocean.com/v2/?page=${page + 1}` } } : {};
    const domain_records = found.slice((page - 1) * size, page * size).map(shown);
    return Response.json({ domain_records, links: next, meta: { total: found.length } });
  }

  #create(domain: string, body: string): Response {
    const fields = objectOf(body) ?? {};
    const fault = this.#faultOf(domain, fields, undefined);
    if (fault !== undefined) return error(422, "unprocessable_entity", fault);
    const record = this.put({ ...(fields as Partial<Stored>), data: canonical(String(fields["data"])) }, domain);
    return Response.json({ domain_record: shown(record) }, { status: 201 });
  }

  #one(method: string, domain: string, id: number, body: string): Response {
    const record = this.records.find((one) => one.domain === domain && one.id === id);
    if (!record) return missing();
    if (method === "DELETE") {
      this.records = this.records.filter((one) => one !== record);
      return new Response(null, { status: 204 });
    }
    const fields = { ...record, ...(objectOf(body) as Partial<Stored>) };
    const fault = this.#faultOf(domain, fields as unknown as Record<string, unknown>, id);
    if (fault !== undefined) return error(422, "unprocessable_entity", fault);
    const changed = { ...fields, data: canonical(fields.data) };
    this.records = this.records.map((one) => (one === record ? changed : one));
    return Response.json({ domain_record: shown(changed) });
  }

  #faultOf(domain: string, { type, name, data, ttl }: Readonly<Record<string, unknown>>, id: number | undefined) {
    const others = this.records.filter((one) => one.domain === domain && one.name === name && one.id !== id);
    if (type !== "A" && type !== "AAAA") return "Type is not included in the list";
    if (!isOfType(type, data)) return `Data needs to be a valid IP${type === "A" ? "v4" : "v6"} address`;
    if (!Number.isInteger(ttl) || (ttl as number) < 30) return "record ttl must be greater than 30";
    if (others.some((one) => one.type === "CNAME")) return "CNAME records cannot share a name with other records";
    const isSame = others.some((one) => one.type === type && one.data === data);
    return this.declinesSame && isSame ? "Record already exists" : undefined;
  }
}

function shown({ id, type, name, data, ttl }: DigitalOceanRecord): object {
  return { id, type, name, data, priority: null, port: null, ttl, weight: null, flags: null, tag: null };
}

function missing(): Response {
  return error(404, "not_found", "The resource you were accessing could not be found.");
}

function error(status: number, id: string, message: string): Response {
  return Response.json({ id, message, request_id: "4d9d8375-3c56-4925-a3e7-eb137fed17e9" }, { status });
}
