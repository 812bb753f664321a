import { canonical, FakeHttpApi, type HttpRequest, isOfType, objectOf } from "./http-api.ts";

/** The records of a name and a type, as the API shows them. */
export interface GandiRrset {
  readonly domain: string;
  readonly rrset_name: string;
  readonly rrset_type: string;
  readonly rrset_ttl: number;
  readonly rrset_values: readonly string[];
}

/**
 * Gandi's LiveDNS in memory, with two domains of which one holds the other. It declines what LiveDNS declines, in its words:
 * an object with `object`, `cause`, `code` and `message`.
 */
export class FakeGandi extends FakeHttpApi {
  readonly secret = "pat_9f2c41d07ab34c6e8d15";
  readonly domains = ["example.net", "vpn.example.net"];
  /** The domains that the token may see. */
  visible: readonly string[] = this.domains;
  /** Whether it may write. */
  writes = true;
  rrsets: readonly GandiRrset[] = [];

  constructor() {
    super("https://api.gandi.net/v5/livedns");
  }

  put(type: string, values: readonly string[], ttl: number, name = "gw", domain = "example.net"): void {
    this.rrsets = this.rrsets.filter(
      (one) => one.domain !== domain || one.rrset_name !== name || one.rrset_type !== type,
    );
    const set = { domain, rrset_name: name, rrset_type: type, rrset_ttl: ttl, rrset_values: values };
    if (values.length > 0) this.rrsets = [...this.rrsets, set];
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/records");
  }

  protected tooMany(): Response {
    return error(429, "HTTPTooManyRequests", "Too many requests");
  }

  protected answer({ method, path, headers, body }: HttpRequest): Response {
    if (headers.get("authorization") !== `Bearer ${this.secret}`) {
      return error(
        401,
        "HTTPUnauthorized",
        "The server could not verify that you authorized to access the document you requested.",
      );
    }
    const [, domain = "", name, type] = /^\/domains\/([^/]+)(?:\/records\/([^/]+)\/([^/]+))?$/.exec(path) ?? [];
    if (this.visible.length < this.domains.length && !this.visible.includes(domain)) {
      return error(403, "HTTPForbidden", "Access was denied to this resource.");
    }
    if (!this.domains.includes(domain)) return error(404, "HTTPNotFound", "The resource could not be found.");
    if (name === undefined || type === undefined) {
      return method === "GET" ? Response.json({ fqdn: domain, automatic_snapshots: true }) : this.#notAllowed();
    }
    return this.#records(method, body, { domain, name, type });
  }

  #records(method: string, body: string, { domain, name, type }: Readonly<Record<"domain" | "name" | "type", string>>) {
    const found = this.rrsets.find(
      (one) => one.domain === domain && one.rrset_name === name && one.rrset_type === type,
    );
    if (method === "GET") {
      if (!found) return error(404, "HTTPNotFound", "Can't find the DNS record " + `${name}/${type} in the zone`);
      const { domain: _, ...shown } = found;
      return Response.json({
        ...shown,
        rrset_href: `https://api.gandi.net/v5/livedns/domains/${domain}/records/${name}/${type}`,
      });
    }
    if (!this.writes) return error(403, "HTTPForbidden", "Access was denied to this resource.");
    if (method === "DELETE") {
      if (!found) return error(404, "HTTPNotFound", "Can't find the DNS record");
      this.put(type, [], 0, name, domain);
      return new Response(null, { status: 204 });
    }
    return method === "PUT" ? this.#put(body, { domain, name, type }) : this.#notAllowed();
  }

  #put(body: string, { domain, name, type }: Readonly<Record<"domain" | "name" | "type", string>>): Response {
    const { rrset_values: values, rrset_ttl: ttl } = objectOf(body) ?? {};
    if (!Number.isInteger(ttl) || (ttl as number) < 300 || (ttl as number) > 2_592_000) {
      return invalid("rrset_ttl", "rrset_ttl must be between 300 and 2592000");
    }
    const isList = Array.isArray(values) && values.length > 0 && new Set(values).size === values.length;
    if (!isList || values.some((value) => !isOfType(type, value))) {
      return invalid("rrset_values", "rrset_values: invalid value");
    }
    const isAlias = this.rrsets.some(
      (one) => one.domain === domain && one.rrset_name === name && one.rrset_type === "CNAME",
    );
    if (isAlias) return error(409, "HTTPConflict", "CNAME record already exists");
    this.put(type, (values as string[]).map(canonical), ttl as number, name, domain);
    return Response.json({ message: "DNS Record Created" }, { status: 201 });
  }

  #notAllowed(): Response {
    return error(405, "HTTPMethodNotAllowed", "The method is not allowed for this resource.");
  }
}

function error(code: number, object: string, message: string): Response {
  return Response.json({ object, cause: object.replace("HTTP", ""), code, message }, { status: code });
}

/** Faults of fields have a form of their own. */
function invalid(name: string, description: string): Response {
  return Response.json({ status: "error", errors: [{ location: "body", name, description }] }, { status: 400 });
}
