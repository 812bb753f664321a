import { RECORD_TYPES } from "../../record-type.ts";
import { declined, wordsIn } from "../declined.ts";
import { type ApiAnswer, isDone } from "../http-api.ts";
import { createApi } from "../json-api.ts";
import { ProviderError, type ProviderSettings, type SetProvider } from "../provider.ts";
import { longestZone } from "../zone-names.ts";
import { readName, readZone } from "./answers.ts";

const REMEDIES = {
  key: "check -ddns-password: it has to be the api-key of pdns.conf",
  right: "check -ddns-api-url, and that pdns.conf has api=yes",
};

/**
 * The HTTP API of PowerDNS Authoritative Server, version 1, which replaces all records of a name and a type at once. It does
 * not compare them with the expected ones. Source: docs/http-api of PowerDNS/pdns, and 4.7.3 as it answers.
 */
export function createPowerDns(settings: ProviderSettings): SetProvider {
  const { hostname, family = 4, password, timeout, send } = settings;
  const type = RECORD_TYPES[family];
  const name = `${hostname.toLowerCase()}.`;
  const apiUrl = zonesUrl(settings.apiUrl!); // which this provider requires
  const headers = { "x-api-key": password };
  const request = createApi({ name: "PowerDNS", apiUrl, headers, secrets: [password], timeout, send });
  let zone: string | undefined;

  const failure = (access: "read" | "write", what: string, answer: ApiAnswer): ProviderError => {
    if (answer.status === 404) zone = undefined; // the name may belong to another zone by now
    const words = wordsIn(answer.body, [password], ({ error }) => error);
    return declined({ access, what: `cannot ${what} at PowerDNS`, answer, words, remedies: REMEDIES });
  };

  /** The id of the longest zone that holds the name; a network may have one of a single label. */
  const findZone = async (signal: AbortSignal): Promise<string> => {
    const ask = async (candidate: string) => {
      const answer = await request("GET", `?${new URLSearchParams({ zone: `${candidate}.` })}`, signal);
      if (!isDone(answer)) throw failure("read", `find the zone of ${hostname}`, answer);
      return readZone(answer.body, `${candidate}.`);
    };
    const found = await longestZone(hostname, ask, 1);
    if (!found) {
      throw denied(`PowerDNS has no zone that holds ${hostname}`, "check -ddns-hostname and -ddns-api-url");
    }
    if (found.isCopy) {
      throw denied(
        `PowerDNS has the zone of ${hostname} from another server`,
        "set -ddns-api-url to the API of the primary server",
      );
    }
    return found.id;
  };

  return {
    kind: "set",
    async read(signal) {
      zone ??= await findZone(signal);
      const answer = await request("GET", `/${zone}?${new URLSearchParams({ rrset_name: name })}`, signal);
      if (!isDone(answer)) throw failure("read", `read the records of ${hostname}`, answer);
      const { isAlias, ...set } = readName(answer.body, name, family);
      if (!isAlias) return set;
      throw denied(
        `${hostname} is an alias (CNAME) and can have no addresses`,
        "remove the alias, or use another name",
      );
    },
    async replace({ addresses, ttl }, _, signal) {
      zone ??= await findZone(signal);
      const records = addresses.map((content) => ({ content, disabled: false }));
      const change = records.length === 0 ? { changetype: "DELETE" } : { ttl, changetype: "REPLACE", records };
      const answer = await request("PATCH", `/${zone}`, signal, { rrsets: [{ name, type, ...change }] });
      if (!isDone(answer)) throw failure("write", `write the ${type} records of ${hostname}`, answer);
    },
  };
}

/** The URL of the zones. The server is always called localhost there; an API without a path has its usual one. */
function zonesUrl(apiUrl: string): string {
  const base = new URL(apiUrl).pathname === "/" ? `${apiUrl}/api/v1` : apiUrl;
  return `${base}/servers/localhost/zones`;
}

function denied(detail: string, remedy: string): ProviderError {
  return new ProviderError("access", detail, { remedy });
}
