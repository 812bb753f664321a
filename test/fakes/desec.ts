import { canonical, FakeHttpApi, type HttpRequest, isOfType } from "./http-api.ts";

/** The records of a name and a type. */
export interface FakeRrset {
  readonly domain: string;
  readonly subname: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly string[];
}

/** deSEC's API in memory, with two domains of which one holds the other. It declines what deSEC declines. */
export class FakeDesec extends FakeHttpApi {
  readonly secret = "i-T3b1h_OI-H9ab8tRS98stGtURe";
  readonly leastTtl: Readonly<Record<string, number>> = { "example.net": 60, "vpn.example.net": 3600 };
  rrsets: readonly FakeRrset[] = [];
  /** Whether the policies of the token allow to write. */
  writes = true;
  /** How many updates by dynDNS are left for the time being: deSEC takes two in two minutes. */
  updatesLeft = 2;

  constructor() {
    super("https://desec.io/api/v1");
  }

  put(type: string, records: readonly string[], ttl: number, subname = "gw", domain = "example.net"): void {
    this.rrsets = this.rrsets.filter((one) => !isSame(one, { domain, subname, type }));
    if (records.length > 0) this.rrsets = [...this.rrsets, { domain, subname, type, ttl, records }];
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/rrsets/");
  }

  /** The dynDNS service (api/desecapi/views/dyndns.py): a list of addresses of a family, the other one as it is. */
  protected override elsewhere({ method, url, headers }: HttpRequest): Response | undefined {
    if (url.origin !== "https://update.dedyn.io") return undefined;
    const text = (status: number, body: string, more = {}): Response => new Response(body, { status, headers: more });
    if (headers.get("authorization") !== `Token ${this.secret}`) return text(401, "badauth");
    if (method !== "GET") return text(405, `Method "${method}" not allowed.`);
    const { hostname = "", myipv4, myipv6, ...others } = Object.fromEntries(url.searchParams);
    const [owner] = this.#owners(hostname) as { readonly name: string }[];
    if (!owner) return text(404, "nohost");
    if (myipv4 === undefined || myipv6 === undefined || Object.keys(others).length > 0) {
      return text(400, "the fake takes both families, for no address of a connection may be taken");
    }
    if (this.updatesLeft <= 0) return text(429, "Request was throttled.", { "retry-after": "97" });
    this.updatesLeft -= 1;
    if (!this.writes) return text(403, "Insufficient token permissions.");
    const subname = hostname.slice(0, Math.max(0, hostname.length - owner.name.length - 1));
    for (const [type, list] of [
      ["A", myipv4],
      ["AAAA", myipv6],
    ] as const) {
      if (list === "preserve") continue;
      const records = list.split(",").filter((one) => one !== "");
      if (records.some((one) => !isOfType(type, one))) return text(400, "records: Cannot parse record contents.");
      this.put(type, records.map(canonical), 60, subname, owner.name);
    }
    return text(200, "good");
  }

  protected tooMany(): Response {
    return json(429, { detail: "Request was throttled. Expected available in 50 seconds." });
  }

  protected answer({ method, path, url, headers, body }: HttpRequest): Response {
    if (headers.get("authorization") !== `Token ${this.secret}`) return json(401, { detail: "Invalid token." });
    if (path === "/domains/" && method === "GET") return json(200, this.#owners(url.searchParams.get("owns_qname")));
    const [, domain = "", subname, type] = /^\/domains\/([^/]+)\/rrsets\/(?:([^/]+)\/([^/]+)\/)?$/.exec(path) ?? [];
    if (!Object.hasOwn(this.leastTtl, domain)) return json(404, { detail: "Not found." });
    if (method === "PUT" && type === undefined) return this.#replace(domain, JSON.parse(body) as FakeRrset[]);
    if (method !== "GET" || type === undefined) return json(405, { detail: `Method "${method}" not allowed.` });
    const found = this.rrsets.find((one) => isSame(one, { domain, subname: subname === "@" ? "" : subname!, type }));
    return found ? json(200, { ...found, name: `${subname}.${domain}.` }) : json(404, { detail: "Not found." });
  }

  #owners(qname: string | null): object[] {
    const names = Object.keys(this.leastTtl).filter((name) => `.${qname}`.endsWith(`.${name}`));
    const [longest] = names.sort((one, other) => other.length - one.length);
    return longest === undefined ? [] : [{ name: longest, minimum_ttl: this.leastTtl[longest] }];
  }

  /** Takes all sets, or none of them. */
  #replace(domain: string, sets: readonly FakeRrset[]): Response {
    const errors = sets.map((set) => this.#faultsOf(domain, set));
    if (errors.some((one) => Object.keys(one).length > 0)) return json(400, errors);
    if (!this.writes) return json(403, { detail: "Insufficient token permissions." });
    for (const { type, records, ttl, subname } of sets) {
      this.put(type, records.map(canonical), ttl, subname, domain);
    }
    return json(200, sets);
  }

  #faultsOf(domain: string, { subname, type, ttl, records }: FakeRrset): object {
    if (!Number.isInteger(ttl) || ttl < this.leastTtl[domain]! || ttl > 604_800) {
      return { ttl: [`Ensure this value is greater than or equal to ${this.leastTtl[domain]}.`] };
    }
    if (type !== "A" && type !== "AAAA") return { type: ["The fake takes addresses only."] };
    if (records.some((record) => !isOfType(type, record))) return { records: ["Cannot parse record contents."] };
    const isAlias = this.rrsets.some((one) => isSame(one, { domain, subname, type: "CNAME" }));
    return isAlias ? { type: ["RRset with conflicting type present: CNAME."] } : {};
  }
}

function isSame(one: FakeRrset, other: Pick<FakeRrset, "domain" | "subname" | "type">): boolean {
  return one.domain === other.domain && one.subname === other.subname && one.type === other.type;
}

function json(status: number, value: object): Response {
  return Response.json(value, { status });
}
