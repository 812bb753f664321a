import { formatAddress, isAddress, parseAddress } from "../../src/net/address.ts";

/** The records of a name and a type. */
export interface FakeRrset {
  readonly domain: string;
  readonly subname: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly string[];
}

/** What happens to the next request with this method: the answer in its place, or none. */
export type DesecFault =
  | { readonly status: number; readonly body: string; readonly headers?: Readonly<Record<string, string>> }
  /** The connection ends before or after the request is carried out. */
  | { readonly cut: "before" | "after" };

/** deSEC's API in memory, with two domains of which one holds the other. It declines what deSEC declines. */
export class FakeDesec {
  readonly token = "i-T3b1h_OI-H9ab8tRS98stGtURe";
  readonly leastTtl: Readonly<Record<string, number>> = { "example.net": 60, "vpn.example.net": 3600 };
  readonly calls: { readonly method: string; readonly path: string; readonly body: string; readonly status: number }[] =
    [];
  rrsets: readonly FakeRrset[] = [];
  /** Whether the policies of the token allow to write. */
  writes = true;
  readonly #faults: { readonly method: string; readonly fault: DesecFault }[] = [];

  put(type: string, records: readonly string[], ttl: number, subname = "gw", domain = "example.net"): void {
    this.rrsets = this.rrsets.filter((one) => !isSame(one, { domain, subname, type }));
    if (records.length > 0) this.rrsets = [...this.rrsets, { domain, subname, type, ttl, records }];
  }

  fail(method: string, fault: DesecFault): void {
    this.#faults.push({ method, fault });
  }

  readonly fetch = (async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    init.signal?.throwIfAborted();
    const url = new URL(String(input));
    const { method = "GET" } = init;
    const body = init.body === undefined ? "" : String(init.body);
    const at = this.#faults.findIndex((one) => one.method === method && url.pathname.includes("/rrsets/"));
    const fault = at < 0 ? undefined : this.#faults.splice(at, 1)[0]!.fault;
    const broken = Object.assign(new Error("cut off"), { code: "ECONNRESET" });
    if (fault && "cut" in fault && fault.cut === "before") throw broken;
    const response =
      fault && "body" in fault
        ? new Response(fault.body, { status: fault.status, headers: { ...fault.headers } })
        : this.#answer(method, url, new Headers(init.headers).get("authorization"), body);
    this.calls.push({ method, path: url.pathname + url.search, body, status: response.status });
    if (fault && "cut" in fault) throw broken;
    return response;
  }) as typeof fetch;

  #answer(method: string, url: URL, authorization: string | null, body: string): Response {
    if (url.origin !== "https://desec.io") return new Response("no such server", { status: 404 });
    if (authorization !== `Token ${this.token}`) return json(401, { detail: "Invalid token." });
    const path = url.pathname.replace("/api/v1", "");
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
    if (records.some((record) => !isAddress(record, [type === "A" ? 4 : 6])))
      return { records: ["Cannot parse record contents."] };
    const isAlias = this.rrsets.some((one) => isSame(one, { domain, subname, type: "CNAME" }));
    return isAlias ? { type: ["RRset with conflicting type present: CNAME."] } : {};
  }
}

function isSame(one: FakeRrset, other: Pick<FakeRrset, "domain" | "subname" | "type">): boolean {
  return one.domain === other.domain && one.subname === other.subname && one.type === other.type;
}

function canonical(record: string): string {
  return formatAddress(parseAddress(record, [4, 6])!);
}

function json(status: number, value: object): Response {
  return Response.json(value, { status });
}
