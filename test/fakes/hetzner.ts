import { canonical, FakeHttpApi, type HttpRequest, isOfType, objectOf } from "./http-api.ts";

export interface HetznerValue {
  readonly value: string;
  readonly comment?: string;
}

/** The records of a name and a type; a set without a time to live has that of its zone. */
export interface HetznerRrset {
  readonly zone: string;
  readonly name: string;
  readonly type: string;
  readonly ttl: number | null;
  readonly records: readonly HetznerValue[];
}

type Place = Readonly<Record<"zone" | "name" | "type", string>>;

interface Running {
  readonly id: number;
  /** The requests that come before it ends. */
  left: number;
  readonly isFailure: boolean;
  readonly run: () => void;
}

/** The DNS of Hetzner's Cloud API in memory. It declines what Hetzner declines, and carries changes out later. */
export class FakeHetzner extends FakeHttpApi {
  readonly secret = "LRK9DAWQ1ZAEFSrCNEEzLCUwhYX1U3g7wMg4dTlkkDC96fyDuyJ39nVbVjCKSDfj";
  readonly zones: Record<string, { readonly ttl: number; mode: "primary" | "secondary" }> = {
    "example.net": { ttl: 3600, mode: "primary" },
    "vpn.example.net": { ttl: 3600, mode: "primary" },
  };
  /** Whether the token may write. */
  writes = true;
  /** The requests that come after a change until it has been carried out. */
  lag = 1;
  /** Whether the next change fails after it was accepted. */
  failsNext = false;
  /** Whether sets are protected against changes. */
  isProtected = false;
  /** The sets that name servers could answer with, the newest last. */
  readonly moments: (readonly HetznerRrset[])[] = [[]];
  #actions: readonly Running[] = [];
  #lastId = 0;

  constructor() {
    super("https://api.hetzner.cloud/v1");
  }

  get rrsets(): readonly HetznerRrset[] {
    return this.moments.at(-1)!;
  }

  put(set: Partial<HetznerRrset> & { readonly records: readonly HetznerValue[] }): void {
    const whole = { zone: "example.net", name: "gw", type: "A", ttl: 600, ...set };
    const rest = this.rrsets.filter((one) => !isAt(one, whole));
    this.moments.push(whole.records.length === 0 ? rest : [...rest, whole]);
  }

  protected isAboutRecords(path: string): boolean {
    return path.includes("/rrsets");
  }

  protected tooMany(): Response {
    return error(429, "rate_limit_exceeded", "Limit of 3600 requests per hour exceeded");
  }

  protected answer({ method, path, headers, body }: HttpRequest): Response {
    if (headers.get("authorization") !== `Bearer ${this.secret}`) {
      return error(401, "unauthorized", "unable to authenticate");
    }
    this.#proceed();
    const action = /^\/zones\/actions\/(\d+)$/.exec(path)?.[1];
    if (action !== undefined) return this.#poll(Number(action));
    const [, zone = "", rest = ""] = /^\/zones\/([^/]+)(\/rrsets.*)?$/.exec(path) ?? [];
    const found = this.zones[zone];
    if (!found) return error(404, "not_found", `Zone not found: ${zone}`);
    if (rest === "") return Response.json({ zone: { id: 42, name: zone, ...found, status: "ok", labels: {} } });
    if (found.mode === "secondary") return error(422, "incorrect_zone_mode", "The zone is not in primary mode");
    return this.#records(method, zone, rest, objectOf(body) ?? {});
  }

  #records(method: string, zone: string, path: string, fields: Readonly<Record<string, unknown>>): Response {
    if (method !== "GET" && !this.writes) return error(403, "forbidden", "insufficient permissions");
    if (path === "/rrsets" && method === "POST") {
      const { name, type } = fields as Record<string, string>;
      return this.#create({ zone, name: name ?? "", type: type ?? "" }, fields);
    }
    const [, name = "", type = "", verb] =
      /^\/rrsets\/([^/]+)\/([A-Z]+)(?:\/actions\/(set_records|change_ttl))?$/.exec(path) ?? [];
    const place = { zone, name, type };
    const found = this.rrsets.find((one) => isAt(one, place));
    if (!found || name !== name.toLowerCase()) return error(404, "not_found", "RRSet not found");
    if (method === "GET" && verb === undefined) return Response.json({ rrset: this.#shown(found) });
    if (this.#isBusy()) return error(423, "locked", "The resource is locked");
    if (this.isProtected) return error(423, "protected", "The resource is protected");
    if (method === "DELETE" && verb === undefined) return this.#begin({}, () => this.put({ ...place, records: [] }));
    if (method !== "POST" || verb === undefined) return error(405, "method_not_allowed", "Method not allowed");
    const [ttl, records] = verb === "change_ttl" ? [fields["ttl"], found.records] : [found.ttl, fields["records"]];
    return this.#change({ ...place, ttl, records }, () => ({}));
  }

  #create(place: Place, { ttl, records }: Readonly<Record<string, unknown>>): Response {
    if (this.#isBusy()) return error(423, "locked", "The resource is locked");
    if (this.rrsets.some((one) => isAt(one, place))) return error(409, "uniqueness_error", "RRSet already exists");
    if (this.rrsets.some((one) => isAt(one, { ...place, type: "CNAME" }))) {
      return error(422, "invalid_input", "CNAME record already exists");
    }
    const set = { ...place, ttl: ttl ?? null, records };
    return this.#change(set, (whole) => ({ rrset: this.#shown(whole) }));
  }

  #change(
    set: Place & { readonly ttl: unknown; readonly records: unknown },
    more: (whole: HetznerRrset) => object,
  ): Response {
    const { type, ttl, records } = set;
    if (ttl !== null && (!Number.isInteger(ttl) || (ttl as number) < 60)) {
      return error(422, "invalid_input", "invalid input in field 'ttl'");
    }
    const values = Array.isArray(records) ? (records as HetznerValue[]) : [];
    const isValid = values.length > 0 && values.every(({ value }) => isOfType(type, value));
    if (!isValid || new Set(values.map(({ value }) => value)).size < values.length) {
      return error(422, "invalid_input", "invalid input in field 'records'");
    }
    const stored = values.map((one) => ({ ...one, value: canonical(one.value) }));
    const whole = { ...set, ttl: ttl as number | null, records: stored };
    return this.#begin(more(whole), () => this.put(whole));
  }

  /** Accepts a change. */
  #begin(more: object, run: () => void): Response {
    const action: Running = { id: (this.#lastId += 1), left: this.lag, isFailure: this.failsNext, run };
    this.failsNext = false;
    this.#actions = [...this.#actions, action];
    if (this.lag === 0 && !action.isFailure) run();
    return Response.json({ ...more, action: stateOf(action) }, { status: 201 });
  }

  #poll(id: number): Response {
    const action = this.#actions.find((one) => one.id === id);
    return action ? Response.json({ action: stateOf(action) }) : error(404, "not_found", "action not found");
  }

  #isBusy(): boolean {
    return this.#actions.some(({ left }) => left > 0);
  }

  /** Brings the accepted changes on by one request. */
  #proceed(): void {
    for (const action of this.#actions.filter(({ left }) => left > 0)) {
      action.left -= 1;
      if (action.left === 0 && !action.isFailure) action.run();
    }
  }

  #shown({ name, type, ttl, records }: HetznerRrset): object {
    const values = records.map(({ value, comment = "" }) => ({ value, comment }));
    return {
      id: `${name}/${type}`,
      name,
      type,
      ttl,
      labels: {},
      protection: { change: this.isProtected },
      records: values,
      zone: 42,
    };
  }
}

function stateOf({ id, left, isFailure }: Running): object {
  const action = { id, command: "set_rrset_records", resources: [{ id: 42, type: "zone" }] };
  if (left > 0) return { ...action, status: "running", progress: 0, error: null };
  const fault = { code: "action_failed", message: "Action failed" };
  return { ...action, status: isFailure ? "error" : "success", progress: 100, error: isFailure ? fault : null };
}

function isAt(one: Place, other: Place): boolean {
  return one.zone === other.zone && one.name === other.name && one.type === other.type;
}

function error(status: number, code: string, message: string): Response {
  return Response.json({ error: { code, message, details: {} } }, { status });
}
