import { ProviderError } from "../provider.ts";
import { type DynuAnswer, type Fields, readDomains, readId } from "./answers.ts";
import { requestError } from "./errors.ts";
import type { DynuRequest } from "./request.ts";

/** The domain that holds the name, and the name inside it. */
export interface Zone {
  readonly id: string;
  readonly node: string;
}

/**
 * Finds the domain that holds a name: the longest one of the account. Dynu's own answer may be a shorter one where the
 * account holds both example.com and vpn.example.com.
 */
export async function findZone(request: DynuRequest, hostname: string, signal: AbortSignal): Promise<Zone> {
  const root = readRoot(await request("GET", `/dns/getroot/${hostname}`, signal), hostname);
  const answer = root.node === "" ? undefined : await request("GET", "/dns", signal);
  if (answer && !answer.ok && (answer.kind === "passing" || answer.kind === "access")) {
    throw requestError("read", "cannot list the domains at Dynu", answer);
  }
  const zone = longest(answer?.ok ? answer.fields : {}, hostname, root);
  if (zone.node !== "") return zone;
  const detail = `${hostname} is a whole domain at Dynu, whose one address is kept outside of the records: only a name inside it can have those of several gateways`;
  const remedy = `use a name inside it, such as gateways.${hostname}`;
  throw new ProviderError("access", detail, { remedy });
}

function readRoot(answer: DynuAnswer, hostname: string): Zone {
  const what = `cannot find the domain of ${hostname} at Dynu`;
  if (!answer.ok && (answer.kind === "missing" || answer.kind === "refused")) {
    const detail = `the account at Dynu has no domain that holds ${hostname} (${answer.detail})`;
    const remedy = "check -ddns-hostname and -ddns-api-url";
    const { byDynu, retryAfter } = answer;
    throw new ProviderError(byDynu ? "access" : "passing", detail, { remedy, retryAfter });
  }
  if (!answer.ok) throw requestError("read", what, answer);
  const { node } = answer.fields;
  const id = readId(answer.fields["id"]);
  if (id === undefined || typeof node !== "string") {
    throw new ProviderError("passing", `${what}: the answer has no id or no node`);
  }
  return { id, node };
}

/** The domain with the longest name that holds the hostname, where that is a longer one than Dynu answered. */
function longest(fields: Fields, hostname: string, root: Zone): Zone {
  let zone = root;
  for (const { id, name } of readDomains(fields)) {
    const isHolder = `.${hostname}`.toLowerCase().endsWith(`.${name}`.toLowerCase());
    const node = hostname.slice(0, Math.max(0, hostname.length - name.length - 1));
    if (isHolder && node.length < zone.node.length) zone = { id, node };
  }
  return zone;
}
