import { type DynuAnswer, type DynuFailure, readAdded, readDynuRecords } from "./answers.ts";
import { createRequest, type DynuRequest } from "./request.ts";
import {
  type DdnsProvider,
  type DnsRecord,
  ProviderError,
  type ProviderSettings,
  type RecordContent,
} from "../provider.ts";

/** The domain that holds the name, and the name inside it. */
interface Zone {
  readonly id: number;
  readonly node: string;
}

/** Dynu's REST API, version 2. Sources: its OpenAPI description, and answers recorded by other clients. */
export function createDynu(settings: ProviderSettings): DdnsProvider {
  const { hostname, password } = settings;
  const send = createRequest(settings);
  let known: Zone | undefined;

  const request: DynuRequest = async (...parts) => {
    const answer = await send(...parts);
    // The name may belong to another zone, or account, by now.
    if (!answer.ok && (answer.kind === "missing" || answer.kind === "access")) known = undefined;
    return answer;
  };

  const inZone = async <T>(signal: AbortSignal, run: (records: string, node: string) => Promise<T>): Promise<T> => {
    known ??= readZone(await request("GET", `/dns/getroot/${hostname}`, signal), hostname);
    return run(`/dns/${known.id}/record`, known.node);
  };

  const list = (signal: AbortSignal): Promise<DnsRecord[]> =>
    inZone(signal, async (records) => {
      const answer = await request("GET", records, signal);
      if (!answer.ok) throw requestError("read", "Dynu did not list the records", answer);
      return readDynuRecords(answer.fields, hostname, [password]);
    });

  return {
    list,
    change: ({ id }, content, signal) =>
      inZone(signal, async (records, node) => {
        const answer = await request("POST", `${records}/${id}`, signal, bodyOf(node, content));
        if (!answer.ok) throw requestError("write", `Dynu did not change a record to ${content.address}`, answer);
      }),
    async add(content, signal) {
      const add = inZone(signal, async (records, node) => {
        const answer = await request("POST", records, signal, bodyOf(node, content));
        if (!answer.ok) throw requestError("write", `Dynu did not add ${content.address}`, answer);
        return readAdded(answer.fields, content);
      });
      return unlessDone(add, async () => (await list(signal)).find(({ address }) => address === content.address));
    },
    async remove({ id, address }, signal) {
      const remove = inZone(signal, async (records) => {
        const answer = await request("DELETE", `${records}/${id}`, signal);
        const gone = !answer.ok && answer.kind === "missing" && answer.byDynu;
        if (!answer.ok && !gone) throw requestError("write", `Dynu did not remove ${address}`, answer);
        return true;
      });
      await unlessDone(remove, async () => !(await list(signal)).some((record) => record.id === id) || undefined);
    },
  };
}

/** Dynu refuses some changes because they are made already, so after a refusal `look` goes and sees. */
async function unlessDone<T>(change: Promise<T>, look: () => Promise<T | undefined>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    const refused = error instanceof ProviderError && error.kind === "refused";
    const found = refused ? await look() : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

function bodyOf(nodeName: string, { address, ttl }: RecordContent): object {
  return { nodeName, recordType: "A", ttl, state: true, ipv4Address: address };
}

function readZone(answer: DynuAnswer, hostname: string): Zone {
  const failed = `Dynu did not say which domain holds ${hostname}`;
  if (!answer.ok && (answer.kind === "missing" || answer.kind === "refused")) {
    const detail = `the account has no domain that holds ${hostname} (${answer.detail})`;
    const remedy = "check -ddns-hostname and -ddns-api-url";
    throw new ProviderError(answer.byDynu ? "access" : "passing", detail, { remedy });
  }
  if (!answer.ok) throw requestError("read", failed, answer);
  const { id, node } = answer.fields;
  if (!Number.isSafeInteger(id) || typeof node !== "string") throw new ProviderError("passing", failed);
  if (node === "") {
    const detail = `${hostname} is a whole domain, whose address Dynu keeps outside of the records`;
    throw new ProviderError("access", detail, { remedy: `use a name inside it, such as gateways.${hostname}` });
  }
  return { id: Number(id), node };
}

/** A failed request. A declined read needs a person, a declined write leaves other writes to try. */
function requestError(access: "read" | "write", what: string, { kind, detail }: DynuFailure): ProviderError {
  const text = `${what}: ${detail}`;
  if (kind === "passing" || kind === "missing") return new ProviderError("passing", text);
  if (kind === "access") return new ProviderError(kind, text, { remedy: "check -ddns-password and -ddns-api-url" });
  if (access === "write") return new ProviderError(kind, text);
  return new ProviderError("access", text, { remedy: "check the account at Dynu" });
}
