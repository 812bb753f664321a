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
