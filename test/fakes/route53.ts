import { judgeSignature } from "./aws-signature.ts";
import { FakeHttpApi, type HttpRequest, isOfType } from "./http-api.ts";

/** A record set; one with a routing policy has an identifier, an alias has a target in place of values. */
export interface Route53Set {
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number;
  readonly values: readonly string[];
  readonly identifier?: string;
  readonly target?: string;
}

export const PERMISSIONS = ["ListHostedZonesByName", "ListResourceRecordSets", "ChangeResourceRecordSets"] as const;

/** How far a clock may be off, in milliseconds. */
const SKEW_MS = 5 * 60_000;

const XMLNS = 'xmlns="https://route53.amazonaws.com/doc/2013-04-01/"';

/** Route 53 in memory, with two public zones of which one holds the other, and a private one. It judges signatures. */
export class FakeRoute53 extends FakeHttpApi {
  readonly id = "AKIAIOSFODNN7EXAMPLE";
  readonly secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
  zones: readonly { readonly id: string; readonly name: string; readonly isPrivate: boolean }[] = [
    { id: "ZPRIVATE", name: "example.net.", isPrivate: true },
    { id: "Z1EXAMPLENET", name: "example.net.", isPrivate: false },
    { id: "Z2VPN", name: "vpn.example.net.", isPrivate: false },
  ];
  permissions: readonly string[] = PERMISSIONS;
  /** How far the clock of the client is behind, in milliseconds. */
  skewMs = 0;
  /** The sets that name servers could answer with, the newest last. */
  readonly moments: (readonly Route53Set[])[] = [[]];

  constructor() {
    super("https://route53.amazonaws.com/2013-04-01");
  }

  get sets(): readonly Route53Set[] {
    return this.moments.at(-1)!;
  }

  put(set: Partial<Route53Set> & { readonly values: readonly string[] }): void {
    const whole = { zone: "Z1EXAMPLENET", name: "gw.example.net.", type: "A", ttl: 600, ...set };
    const rest = this.sets.filter((one) => !isAt(one, whole));
    this.moments.push(whole.values.length === 0 && set.target === undefined ? rest : [...rest, whole]);
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/rrset");
  }

  protected tooMany(): Response {
    return error(400, "Throttling", "Rate exceeded");
  }

  protected answer(request: HttpRequest): Response {
    const declined = this.#judge(request);
    if (declined) return declined;
    const { method, path, url, body } = request;
    if (method === "GET" && path === "/hostedzonesbyname") {
      return this.#allowed("ListHostedZonesByName") ?? this.#listZones(url.searchParams);
    }
    const [, zone = "", slash] = /^\/hostedzone\/([^/]+)\/rrset(\/?)$/.exec(path) ?? [];
    if (!this.zones.some(({ id }) => id === zone)) {
      return error(404, "NoSuchHostedZone", `No hosted zone found with ID: ${zone}`);
    }
    if (method === "GET" && slash === "") {
      return this.#allowed("ListResourceRecordSets") ?? this.#list(zone, url.searchParams);
    }
    if (method === "POST" && slash === "/")
      return this.#allowed("ChangeResourceRecordSets") ?? this.#change(zone, body);
    return error(404, "UnknownOperationException", "");
  }

  #judge(request: HttpRequest): Response | undefined {
    const found = judgeSignature(request, this.secret);
    if (!found) return error(403, "MissingAuthenticationToken", "Missing Authentication Token");
    if (found.id !== this.id) {
      return error(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    const { time, region, service, isRight } = found;
    const at = Date.parse(time.replace(/(....)(..)(..T..)(..)(..Z)/, "$1-$2-$3:$4:$5"));
    if (!isRight || region !== "us-east-1" || service !== "route53") {
      return error(403, "SignatureDoesNotMatch", "The request signature we calculated does not match.");
    }
    const isLate = Math.abs(Date.now() + this.skewMs - at) > SKEW_MS;
    return isLate ? error(403, "SignatureDoesNotMatch", `Signature expired: ${time} is now earlier than`) : undefined;
  }

  #allowed(permission: string): Response | undefined {
    if (this.permissions.includes(permission)) return undefined;
    const who = "User: arn:aws:iam::123456789012:user/grm";
    return error(403, "AccessDenied", `${who} is not authorized to perform: route53:${permission}`);
  }

  #listZones(query: URLSearchParams): Response {
    const start = reversed(query.get("dnsname")!);
    const found = [...this.zones].filter(({ name }) => reversed(name) >= start).slice(0, Number(query.get("maxitems")));
    const zones = found.map(
      ({ id, name, isPrivate }) =>
        `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>1</CallerReference><Config><Comment>a &amp; b</Comment><PrivateZone>${isPrivate}</PrivateZone></Config><ResourceRecordSetCount>4</ResourceRecordSetCount></HostedZone>`,
    );
    return xml(
      "ListHostedZonesByNameResponse",
      `<HostedZones>${zones.join("")}</HostedZones><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems>`,
    );
  }

  #list(zone: string, query: URLSearchParams): Response {
    const start = [reversed(query.get("name")!), query.get("type")!].join(" ");
    const placeOf = ({ name, type }: Route53Set): string => [reversed(name), type].join(" ");
    const found = this.sets
      .filter((set) => set.zone === zone && placeOf(set) >= start)
      .sort((one, other) => (placeOf(one) < placeOf(other) ? -1 : 1))
      .slice(0, Number(query.get("maxitems")));
    const sets = `<ResourceRecordSets>${found.map(shown).join("")}</ResourceRecordSets>`;
    return xml("ListResourceRecordSetsResponse", `${sets}<IsTruncated>false</IsTruncated><MaxItems>1</MaxItems>`);
  }

  /** Makes all changes of a batch, or none. */
  #change(zone: string, body: string): Response {
    let sets = this.sets;
    for (const [, text = ""] of body.matchAll(/<Change>(.*?)<\/Change>/gs)) {
      const field = (name: string): string => new RegExp(`<${name}>(.*?)</${name}>`).exec(text)?.[1] ?? "";
      const values = [...text.matchAll(/<Value>(.*?)<\/Value>/g)].map(([, value = ""]) => value);
      const set = { zone, name: field("Name"), type: field("Type"), ttl: Number(field("TTL")), values };
      const fault = faultOf(sets, field("Action"), set);
      if (fault !== undefined) return error(400, "InvalidChangeBatch", `[${fault}]`);
      sets = sets.filter((one) => !isAt(one, set));
      if (field("Action") === "CREATE") sets = [...sets, set];
    }
    if (sets === this.sets) return error(400, "InvalidInput", "1 validation error detected");
    this.moments.push(sets);
    return xml(
      "ChangeResourceRecordSetsResponse",
      "<ChangeInfo><Id>/change/C1</Id><Status>PENDING</Status><SubmittedAt>2026-11-27T00:00:00Z</SubmittedAt></ChangeInfo>",
    );
  }
}

function faultOf(sets: readonly Route53Set[], action: string, set: Route53Set): string | undefined {
  const there = sets.find((one) => isAt(one, set));
  const what = `resource record set [name='${set.name}', type='${set.type}']`;
  if (action === "DELETE") {
    if (!there) return `Tried to delete ${what} but it was not found`;
    const isSame = there.ttl === set.ttl && [...there.values].sort().join() === [...set.values].sort().join();
    return isSame ? undefined : `Tried to delete ${what} but the values provided do not match the current values`;
  }
  if (action !== "CREATE") return `The fake takes no ${action}`;
  if (there) return `Tried to create ${what} but it already exists`;
  if (sets.some((one) => isAt(one, { ...set, type: "CNAME" }))) {
    return `RRSet of type ${set.type} with DNS name ${set.name} is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone`;
  }
  const isValid = set.values.length > 0 && set.values.every((value) => isOfType(set.type, value));
  if (!isValid || new Set(set.values).size < set.values.length) return `Invalid Resource Record`;
  return Number.isInteger(set.ttl) && set.ttl >= 0 ? undefined : "Invalid TTL";
}

function isAt(one: Pick<Route53Set, "zone" | "name" | "type">, other: Pick<Route53Set, "zone" | "name" | "type">) {
  return one.zone === other.zone && one.name === other.name && one.type === other.type;
}

/** Names are ordered by their labels from the last one on. */
function reversed(name: string): string {
  return name.split(".").reverse().join(".");
}

function shown({ name, type, ttl, values, identifier, target }: Route53Set): string {
  const policy = identifier === undefined ? "" : `<SetIdentifier>${identifier}</SetIdentifier><Weight>1</Weight>`;
  const records = values.map((value) => `<ResourceRecord><Value>${value}</Value></ResourceRecord>`).join("");
  const content =
    target === undefined
      ? `<TTL>${ttl}</TTL><ResourceRecords>${records}</ResourceRecords>`
      : `<AliasTarget><HostedZoneId>Z3</HostedZoneId><DNSName>${target}</DNSName></AliasTarget>`;
  return `<ResourceRecordSet><Name>${name}</Name><Type>${type}</Type>${policy}${content}</ResourceRecordSet>`;
}

function xml(root: string, content: string, status = 200): Response {
  return new Response(`<?xml version="1.0"?>\n<${root} ${XMLNS}>${content}</${root}>`, { status });
}

function error(status: number, code: string, message: string): Response {
  const fields = `<Type>Sender</Type><Code>${code}</Code><Message>${message.replaceAll("&", "&amp;")}</Message>`;
  return xml("ErrorResponse", `<Error>${fields}</Error><RequestId>7eb28fd5</RequestId>`, status);
}
