import type { AwsProviderSettings } from "../../sign-aws.ts";
import { RECORD_TYPES } from "../../record-type.ts";
import { type ApiAnswer, createExchange, isDone, type Method } from "../http-api.ts";
import { ProviderError, type SetProvider } from "../provider.ts";
import { longestZone } from "../zone-names.ts";
import { type HeldSet, readSet, readZones } from "./answers.ts";
import { replacement } from "./changes.ts";
import { codeIn, requestError } from "./errors.ts";

const API_URL = "https://route53.amazonaws.com";

/** All zones of Route 53 are served there, wherever the program runs. */
const SIGNED_FOR = { service: "route53", region: "us-east-1" };

export interface Route53Settings extends AwsProviderSettings {
  /** The id of the zone; without it, the zone is found by the name. */
  readonly zone?: string | undefined;
}

/**
 * Amazon's Route 53, which takes all records of a name and a type at once. It changes them only where they are as expected,
 * so that two routers never undo each other's changes. Source: https://docs.aws.amazon.com/Route53/latest/APIReference/.
 */
export function createRoute53(settings: Route53Settings): SetProvider {
  const { hostname, family = 4, username = "", password, apiUrl = API_URL, timeout, send, signAws } = settings;
  const type = RECORD_TYPES[family];
  const exchange = createExchange({ name: "Route 53", apiUrl, secrets: [password], timeout, send });
  let zone = settings.zone;
  /** As it was when it was read, or written; undefined before. */
  let held: { readonly set: HeldSet | undefined } | undefined;

  const request = async (method: Method, path: string, signal: AbortSignal, body?: string): Promise<ApiAnswer> => {
    const url = `${apiUrl}/2013-04-01${path}`;
    const signed = await signAws({ method, url, body, ...SIGNED_FOR }, { id: username, secret: password });
    const type = body === undefined ? {} : { "content-type": "application/xml" };
    return exchange(`/2013-04-01${path}`, {
      method,
      headers: { ...signed, ...type },
      signal,
      ...(body !== undefined && { body }),
    });
  };

  const failure = (access: "read" | "write", what: string, permission: string, answer: ApiAnswer): ProviderError =>
    requestError({ access, what, answer, permission, secrets: [password] });

  const findZone = async (signal: AbortSignal): Promise<string> => {
    const found = await longestZone(hostname, async (name) => {
      const query = new URLSearchParams({ dnsname: `${name}.`, maxitems: "100" });
      const answer = await request("GET", `/hostedzonesbyname?${query}`, signal);
      const permission = "route53:ListHostedZonesByName, or set -ddns-zone to the id of the zone";
      if (!isDone(answer)) throw failure("read", `find the zone of ${hostname}`, permission, answer);
      const ids = readZones(answer.body, name);
      if (ids.length < 2) return ids[0];
      const detail = `the account at Amazon has several public zones ${name}: ${ids.join(", ")}`;
      throw new ProviderError("access", detail, { remedy: "set -ddns-zone to the id of the one that is in use" });
    });
    if (found !== undefined) return found;
    throw new ProviderError("access", `the account at Amazon has no public zone that holds ${hostname}`, {
      remedy: "check -ddns-hostname, and whose key -ddns-username is",
    });
  };

  const read = async (signal: AbortSignal): Promise<HeldSet | undefined> => {
    zone ??= await findZone(signal);
    const query = new URLSearchParams({ name: `${hostname.toLowerCase()}.`, type, maxitems: "1" });
    const answer = await request("GET", `/hostedzone/${zone}/rrset?${query}`, signal);
    const permission = `route53:ListResourceRecordSets for the zone ${zone}`;
    if (!isDone(answer)) {
      if (answer.status === 404) zone = settings.zone; // the name may belong to another zone by now
      throw failure("read", `read the ${type} records of ${hostname}`, permission, answer);
    }
    const set = readSet(answer.body, hostname, type, family);
    held = { set };
    return set;
  };

  return {
    kind: "set",
    async read(signal) {
      const set = await read(signal);
      return { addresses: [...(set?.values.keys() ?? [])], ttl: set?.ttl };
    },
    async replace({ addresses, ttl }, expected, signal) {
      const known = held ? held.set : await read(signal);
      const values = expected.map((address) => known?.values.get(address) ?? address);
      const before = values.length > 0 ? { values, ttl: known?.ttl ?? ttl } : undefined;
      const after = addresses.length > 0 ? { values: addresses, ttl } : undefined;
      if (!before && !after) return;
      zone ??= await findZone(signal);
      const body = replacement(hostname, type, before, after);
      held = undefined; // a change whose answer gets lost may have been made
      const answer = await request("POST", `/hostedzone/${zone}/rrset/`, signal, body);
      if (isDone(answer)) return;
      const isOther = codeIn(answer) === "InvalidChangeBatch" && !isHeld(await read(signal), before);
      if (isOther) throw changed(hostname);
      const permission = `route53:ChangeResourceRecordSets (CREATE and DELETE of ${hostname}) for the zone ${zone}`;
      if (answer.status === 404) zone = settings.zone;
      throw failure("write", `write the ${type} records of ${hostname}`, permission, answer);
    },
  };
}

/** Whether a set is there as it was expected. */
function isHeld(
  set: HeldSet | undefined,
  before: { readonly values: readonly string[]; readonly ttl: number } | undefined,
) {
  const values = [...(set?.values.values() ?? [])].sort().join();
  return values === [...(before?.values ?? [])].sort().join() && (!before || before.ttl === set?.ttl);
}

function changed(hostname: string): ProviderError {
  return new ProviderError("passing", `something else has changed the records of ${hostname} meanwhile`, {
    remedy: "if this lasts, check which other program or router writes them",
  });
}
