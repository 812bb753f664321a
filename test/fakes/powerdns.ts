import { canonical, FakeHttpApi, type HttpRequest, isOfType, objectOf } from "./http-api.ts";

/** The records of a name and a type; names end with a dot. */
export interface PowerDnsRrset {
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly records: readonly { readonly content: string; readonly disabled: boolean }[];
}

/** A change that a request asks for. */
type Change = Partial<PowerDnsRrset> & { readonly changetype?: string };

/**
 * The API of PowerDNS in memory, with a zone that holds another one and one that comes from another server. It declines what
 * version 4.7.3 declines, in its words.
 */
export class FakePowerDns extends FakeHttpApi {
  readonly secret = "oV9Gi1Qd2rkXuJ5t";
  readonly apiUrl = "http://192.0.2.53:8081";
  readonly kinds: Readonly<Record<string, string>> = {
    "example.net.": "Native",
    "vpn.example.net.": "Master",
    "copy.example.": "Slave",
    "lan.": "Native",
  };
  readonly rrsets = new Map<string, readonly PowerDnsRrset[]>();
  /** Whether it answers a question about one name with all names, as versions before 4.6.1 do. */
  answersAll = false;

  constructor() {
    super("http://192.0.2.53:8081/api/v1/servers/localhost/zones");
  }

  of(zone: string): readonly PowerDnsRrset[] {
    return this.rrsets.get(zone) ?? [];
  }

  put(name: string, type: string, contents: readonly string[], ttl: number, zone = "example.net."): void {
    const others = this.of(zone).filter((one) => one.name !== name || one.type !== type);
    const records = contents.map((content) => ({ content, disabled: false }));
    this.rrsets.set(zone, records.length === 0 ? others : [...others, { name, type, ttl, records }]);
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/zones/");
  }

  protected tooMany(): Response {
    return Response.json({ error: "Too Many Requests" }, { status: 429 }); // of a proxy in front of it
  }

  protected answer({ method, url, path, headers, body }: HttpRequest): Response {
    if (headers.get("accept") !== "application/json") return new Response("not as JSON", { status: 400 });
    if (headers.get("x-api-key") !== this.secret) return declined(401, "Unauthorized");
    if (path === "" && method === "GET") return Response.json(this.#zones(url.searchParams.get("zone")));
    const id = path.slice(1);
    if (!Object.hasOwn(this.kinds, id)) return declined(404, "Not Found");
    if (method === "GET") return Response.json(this.#zone(id, url.searchParams.get("rrset_name")));
    return method === "PATCH" ? this.#patch(id, body) : declined(405, "Method Not Allowed");
  }

  #zones(name: string | null): object[] {
    const all = Object.entries(this.kinds).map(([id, kind]) => ({ id, name: id, kind, serial: 0 }));
    return name === null ? all : all.filter(({ id }) => id === name.toLowerCase());
  }

  #zone(id: string, name: string | null): object {
    const isAsked = (one: PowerDnsRrset): boolean =>
      this.answersAll || name === null || one.name === name.toLowerCase();
    const rrsets = this.of(id).filter(isAsked);
    return { id, name: id, kind: this.kinds[id], rrsets: rrsets.map((one) => ({ ...one, comments: [] })) };
  }

  /** Makes all changes, or none of them. */
  #patch(zone: string, body: string): Response {
    const changes = objectOf(body)?.["rrsets"] as readonly Change[] | undefined;
    if (!changes) return declined(400, "Bad Request");
    const fault = changes.map((change) => this.#faultOf(zone, change)).find((one) => one !== undefined);
    if (fault !== undefined) return declined(422, fault);
    for (const { name, type, ttl = 0, changetype, records = [] } of changes) {
      const contents = changetype === "DELETE" ? [] : records.map(({ content }) => canonical(content));
      this.put(name!.toLowerCase(), type!, contents, ttl, zone);
    }
    return new Response(null, { status: 204 });
  }

  #faultOf(zone: string, { name = "", type = "", ttl, changetype, records }: Change): string | undefined {
    if (!name.endsWith(".")) return `DNS Name '${name}' is not canonical`;
    const what = `RRset ${name} IN ${type}`;
    if (!`.${name.toLowerCase()}`.endsWith(`.${zone}`)) return `${what}: Name is out of zone`;
    if (type !== "A" && type !== "AAAA") return "The fake takes addresses only";
    if (changetype === "DELETE") return undefined;
    if (changetype !== "REPLACE") return "Changetype not understood";
    if (!Number.isInteger(ttl) || records === undefined) return "Key 'ttl' not an Integer or not present";
    const wrong = records.find(({ content }) => !isOfType(type, content));
    if (wrong) return `Record ${name}/${type} '${wrong.content}': Parsing record content: unable to parse IP address`;
    const contents = records.map(({ content }) => canonical(content));
    const twice = contents.find((content, index) => contents.indexOf(content) !== index);
    if (twice !== undefined) return `Duplicate record in RRset ${name} IN ${type} with content "${twice}"`;
    const isTaken = this.of(zone).some((one) => one.name === name.toLowerCase() && one.type === "CNAME");
    return isTaken ? `${what}: Conflicts with pre-existing RRset` : undefined;
  }
}

function declined(status: number, error: string): Response {
  return Response.json({ error }, { status });
}
